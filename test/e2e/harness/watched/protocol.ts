/** What a watched peer worker and the test that watches it say to each other, over a BroadcastChannel of the page. */

import type { Stop } from '../../../helpers/peers/tripwire';

/** Name of the channel. */
export const CHANNEL = 'watched-peer';

/** What a worker is to do. */
export interface Orders {
  /** Where it stops for good; null: nowhere. */
  stop: Stop | null;
  /**
   * Each transaction is begun later by so many milliseconds, times its number: a run that others are to join is not over
   * before, however slow the machine. 0: at once.
   */
  pace: number;
}

/** A transaction that was committed, as the trainer is told of it. */
export interface Commit {
  type: 'committed';
  seq: number;
  /** Milliseconds since the epoch. */
  at: number;
  /** Numbers of each item: its examples, its mean loss, sums for metrics. */
  partials: number[][];
  /** Of the parameters after it; null where the group was further already. */
  hash: string | null;
}

/** What a worker tells. */
export type Report =
  /** It has a group now, and asks for its orders. */
  | { type: 'begun' }
  | Commit
  /** It stands still in this transaction, and does nothing any more. */
  | { type: 'stopped'; seq: number };
