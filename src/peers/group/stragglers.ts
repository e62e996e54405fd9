/** Whether the transaction at hand takes too long, and what the coordinator does about it. */
import type { AwakeClock } from './awake-clock';
import type { Membership } from './membership';
import type { Timing } from './parts';
import type { PeerLinks } from './peer-links';
import type { Speeds } from './speeds';
import type { TransactionState } from './transaction';
import type { TransactionLog } from './transaction-log';
import { idOf, numbersOf, type View } from './view';

/** What it looks at. */
export interface StragglersHost {
  readonly timing: Timing;
  readonly clock: AwakeClock;
  readonly links: PeerLinks;
  readonly log: TransactionLog;
  readonly membership: Membership;
  readonly speeds: Speeds;
}

/** A step may take this many times its median before late items are dealt again. */
const LATE_FACTOR = 3;

/** While nobody at all has done its items: times the usual step, and least milliseconds as times of `firstStep`. */
const NOBODY_FACTOR = 10;

/** Times that a transaction is dealt again with the same members, before those who do not vote are left out. */
const MOST_ATTEMPTS = 3;

/** The coordinator's watch over those who are late. */
export class Stragglers {
  constructor(private readonly host: StragglersHost) {}

  /**
   * Whether the transaction at hand is to be dealt again; null: it has time. Members in `out` are to be left out: they have
   * all that they need, and do not vote, again and again.
   */
  look(view: View): { out: number[] } | null {
    const { log, membership } = this.host;
    const tx = log.head;
    if (!tx?.proposal || tx.proposal.epoch !== view.epoch || tx.settled !== null || !membership.active) return null;
    const owing = numbersOf(view).filter((member) => tx.itemsOf(member).some((item) => !tx.results.has(item)));
    return owing.length > 0 ? this.compute(tx, view, owing) : this.agree(tx, view);
  }

  private get patience(): number {
    const { timing, speeds } = this.host;
    const median = speeds.medianStep;
    return median === null ? timing.firstStep : Math.max(timing.late, LATE_FACTOR * median);
  }

  /** Items are missing. */
  private compute(tx: TransactionState, view: View, owing: number[]): { out: number[] } | null {
    const { speeds, timing, membership, clock } = this.host;
    const now = clock.now();
    const members = numbersOf(view);
    const done = members.some((member) => tx.itemsOf(member).length > 0 && !owing.includes(member));
    if (done) tx.firstDoneAt ??= now;
    const median = speeds.medianStep;
    const long = median === null ? timing.firstStep * 4 : Math.max(timing.firstStep, NOBODY_FACTOR * median);
    const overdue =
      tx.firstDoneAt !== null ? now - tx.firstDoneAt > this.patience : now - (tx.proposedAt ?? now) > long;
    if (!overdue || !members.some((member) => !owing.includes(member) && membership.trainers.get(member))) return null;
    for (const member of owing) speeds.late(member, tx.seq);
    return { out: [] };
  }

  /** All was computed. What is missing is on its way, or was lost. */
  private agree(tx: TransactionState, view: View): { out: number[] } | null {
    const { log, membership, links, clock } = this.host;
    const now = clock.now();
    const { patience } = this;
    const waiting = numbersOf(view).filter((member) => !tx.votes.has(member) || tx.votesEpoch !== view.epoch);
    const quiet = (member: number): boolean => {
      if (member === membership.me) return now - log.progressAt > patience;
      const peer = links.get(idOf(view, member) ?? '');
      return !peer || now - peer.progressAt > patience;
    };
    if (waiting.length === 0 || !waiting.every(quiet) || now - (tx.proposedAt ?? now) < 2 * patience) return null;
    return { out: tx.attempts >= MOST_ATTEMPTS ? waiting : [] };
  }
}
