/**
 * How a group gets a new view: promises are collected, the outcome of the transaction in flight is settled from them, the
 * view is installed.
 *
 * Why a committed transaction is neither lost nor forked:
 *
 * 1. A transaction k is committed in view v only once *all* members of v voted for it with one hash, in the epoch of v; who
 *    promised a later epoch votes in v no more. A vote for k + 1 is given only after k is committed.
 * 2. A view w is formed from promises of a quorum of the newest view that one of those who promised knows to be *active*
 *    (installed by all of its members), and of every newer view that one of them has installed. Only who goes into w counts,
 *    or who goes for good with this promise (`last`). Two quorums of one view share a member.
 * 3. Hence a view w that is formed after an active view v has a quorum of v, or of an active view between them. Otherwise,
 *    going by epochs, the quorums of w and v over the view before both would share a member x that promised v, then w, and
 *    did not have v installed when it promised w. It never installs v afterwards; but v is active. (Counting the newest
 *    installed view alone is not enough: of five, 1 2 3 promise view 6 and only 1 gets it; 2 4 5 form view 7 from view 5;
 *    then 1 3, of which only 1 knows view 6, would be a majority of it.)
 * 4. w begins where its newest view v stands: at v's base, or at the last transaction that somebody committed, or one
 *    further, where all members of v that promised voted for it in v. If k was committed in v, all did, so w begins at k or
 *    later. Who cannot stand there (neither committed nor prepared it) is not taken into w.
 * 5. The base of w that was not committed yet is committed once w is active, so that two rivals that settle it differently
 *    cannot both commit. A transaction that was not settled so was committed by nobody: it is rolled back and run again.
 */
import { LatheError } from '../../base/errors';
import type { MessageOf } from './messages';
import { quorumOf } from './quorum';
import { samePoint, type Point, type View } from './view';

/** What a peer promises, and where it stands. */
export type Promised = MessageOf<'promise'>;

/** What follows from promises. */
export interface Resolution {
  /** The newest view that one of them is in. */
  newest: View;
  /** The transaction that the next view begins with. */
  base: Point;
  /** Numbers of those who can go on: members of `newest`, and learners, that stand at `base`; rising. */
  able: number[];
  /** Views whose quorum is needed, each once, and whether the promises are one: `tie` where a witness must decide. */
  quorums: { view: View; quorum: 'yes' | 'tie' | 'no' }[];
}

const newestOf = (promise: Promised): View => promise.views[promise.views.length - 1];

/** @param witnessed See `quorumOf`. */
export function resolve(promises: ReadonlyMap<number, Promised>, witnessed: boolean): Resolution {
  const all = [...promises];
  if (all.length === 0) throw new LatheError('internal', 'Nothing follows from no promises.');
  const newest = all.map(([, promise]) => newestOf(promise)).reduce((a, b) => (b.epoch > a.epoch ? b : a));
  let base: Point | null = null;
  for (const [, promise] of all) {
    if (newestOf(promise).epoch === newest.epoch && (!base || promise.base.seq > base.seq)) base = promise.base;
    if (base && promise.committed.seq > base.seq) base = promise.committed;
  }
  for (const [, promise] of all) if (base && promise.committed.seq > base.seq) base = promise.committed;
  if (!base) throw new LatheError('internal', `View ${newest.epoch} begins nowhere.`);
  const inNewest = all.filter(([member]) => newest.members.some((seat) => seat.member === member));
  const next = inNewest[0]?.[1].voted?.at;
  if (
    next &&
    next.seq === base.seq + 1 &&
    inNewest.every(([, { voted }]) => voted && voted.epoch === newest.epoch && samePoint(voted.at, next))
  ) {
    base = next;
  }
  const stands = base;
  const learners = new Set(newest.learners.map(({ member }) => member));
  const able = all
    .filter(
      ([member, promise]) =>
        (inNewest.some(([number]) => number === member) || learners.has(member)) &&
        !promise.last &&
        (samePoint(promise.committed, stands) || (promise.prepared !== null && samePoint(promise.prepared, stands))),
    )
    .map(([member]) => member)
    .sort((a, b) => a - b);
  const counted = new Set([...able, ...all.filter(([, { last }]) => last).map(([member]) => member)]);
  const active = Math.max(...all.map(([, promise]) => promise.views[0].epoch));
  const views = new Map<number, View>();
  for (const [, promise] of all) {
    for (const view of promise.views) if (view.epoch >= active) views.set(view.epoch, view);
  }
  return {
    newest,
    base,
    able,
    quorums: [...views.values()].map((view) => ({ view, quorum: quorumOf(view, counted, witnessed) })),
  };
}

/** One try of one proposer to form a view. */
export class Attempt {
  readonly promises = new Map<number, Promised>();
  /** A witness is being asked. */
  claiming = false;

  constructor(
    readonly epoch: number,
    /** Numbers of those that were asked; those who do not answer are taken out. */
    readonly asked: Set<number>,
    /** Learners that are to become members. */
    readonly promoted: ReadonlySet<number>,
    readonly startedAt: number,
  ) {}

  get complete(): boolean {
    return [...this.asked].every((member) => this.promises.has(member));
  }

  /** Who has not answered. */
  get missing(): number[] {
    return [...this.asked].filter((member) => !this.promises.has(member));
  }
}
