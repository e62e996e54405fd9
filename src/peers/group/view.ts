/** Who is in a group, from one change to the next. */
import type { CodecConfig } from '../compression/codec';

/** One that takes part, or prepares to. */
export interface Seat {
  /** Given once on admission, rising, never given again. */
  member: number;
  /** Id of the page session, 16 hex digits. */
  id: string;
}

/** One that prepares to take part: it is sent everything, and contributes nothing. */
export interface Learner extends Seat {
  /** Transaction after which the state is taken that it begins with; -1: before the first. */
  snapshot: number;
}

/** A group between two changes of who is in it. Everything that peers must agree on follows from it. */
export interface View {
  /** Random name of the group, given by its founder. */
  group: string;
  /** Number of the view: rising, not without gaps. */
  epoch: number;
  /** By member number, rising; the first one coordinates. */
  members: Seat[];
  learners: Learner[];
  /** The next member number to be given. */
  next: number;
  /** As many as were awaited were there once: transactions may begin. */
  begun: boolean;
  /** How gradients are written on the way. */
  codec: CodecConfig;
  /** Measurements may change that. */
  adaptive: boolean;
}

/** A point of the run: a transaction, and the hash that was voted for it. */
export interface Point {
  /** -1: before the first transaction. */
  seq: number;
  hash: string;
}

/** The hash of the point before the first transaction. */
export const NO_HASH = '';

/** Member numbers of a view, rising. */
export const numbersOf = (view: View): number[] => view.members.map(({ member }) => member);

/** The number of a member or learner by its id; null: it is neither. */
export function numberOf(view: View, id: string): number | null {
  return (view.members.find((seat) => seat.id === id) ?? view.learners.find((seat) => seat.id === id))?.member ?? null;
}

/** The id of a member or learner by its number. */
export function idOf(view: View, member: number): string | null {
  return (
    (view.members.find((seat) => seat.member === member) ?? view.learners.find((seat) => seat.member === member))?.id ??
    null
  );
}

/** Whether both say the same. */
export const samePoint = (a: Point, b: Point): boolean => a.seq === b.seq && a.hash === b.hash;
