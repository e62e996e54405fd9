/** Numbers that every member gives and every member gets, beside the transactions. */
import { LatheError } from '../../base/errors';
import type { DropReason } from '../status';
import type { Message, MessageOf } from './messages';
import type { Place } from './place';
import { numbersOf } from './view';

/** What it needs of its peer. */
export interface CollectivesHost {
  readonly place: Place;
  broadcast(message: Message): void;
  drop(reason: DropReason): void;
}

/** Calls that others may be ahead. */
const MOST_AHEAD = 1024;

interface Waiting {
  resolve: (values: number[][]) => void;
  reject: (error: LatheError) => void;
}

/** Calls that all members make in the same order, counted anew in every view. */
export class Collectives {
  private next = 0;
  private readonly given = new Map<number, Map<number, number[]>>();
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly host: CollectivesHost) {}

  /** Gives own numbers; resolves to those of all members, by rank. Rejects where the members change meanwhile. */
  gather(numbers: number[]): Promise<number[][]> {
    const { view, member } = this.host.place;
    if (!view || member === null) {
      return Promise.reject(new LatheError('training', 'This peer is no member of a group yet: wait for init.'));
    }
    const call = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(call, { resolve, reject });
      this.host.broadcast({ type: 'gather', epoch: view.epoch, call, numbers });
      this.take(member, call, numbers);
    });
  }

  /** Of a view and a member that are those of now. */
  onGather(member: number, { call, numbers }: MessageOf<'gather'>): void {
    const over = call < this.next && !this.waiting.has(call);
    if (over || this.given.get(call)?.has(member)) this.host.drop('replayed');
    else if (call > this.next + MOST_AHEAD) this.host.drop('malformed');
    else this.take(member, call, numbers);
  }

  private take(member: number, call: number, numbers: number[]): void {
    const { view } = this.host.place;
    if (!view) return;
    const given = this.given.get(call) ?? new Map<number, number[]>();
    this.given.set(call, given);
    given.set(member, numbers);
    const waiting = this.waiting.get(call);
    const values = numbersOf(view).flatMap((number) => {
      const value = given.get(number);
      return value ? [value] : [];
    });
    if (!waiting || values.length < view.members.length) return;
    this.given.delete(call);
    this.waiting.delete(call);
    waiting.resolve(values);
  }

  /** The view changed, or the group is over: calls under way fail, as nobody knows who has heard what. */
  reset(reason: string): void {
    this.next = 0;
    this.given.clear();
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject(new LatheError('training', reason));
  }
}
