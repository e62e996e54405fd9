/** The transactions that one peer knows of: those under way, and how far it and the group are. */
import type { DropReason } from '../status';
import type { AwakeClock } from './awake-clock';
import type { Place } from './place';
import { MOST_AHEAD, TransactionState } from './transaction';
import { NO_HASH, numbersOf, type Point, type View } from './view';

/** States by number, and the point up to which all is committed here. Who changes them is not decided here. */
export class Transactions {
  /** The last transaction that was committed here. */
  committed: Point = { seq: -1, hash: NO_HASH };
  /** Grows with everything that brings the transaction at hand further. */
  progress = 0;
  /** When it last grew. */
  progressAt = 0;
  /** The last transaction that is known to be committed in the group, here or elsewhere. */
  private known = -1;
  /** When `committed` last changed. */
  private committedAt = 0;
  private readonly states = new Map<number, TransactionState>();

  constructor(
    private readonly clock: AwakeClock,
    private readonly place: Place,
  ) {}

  get(seq: number): TransactionState | null {
    return this.states.get(seq) ?? null;
  }

  /** The state of a transaction, begun where there is none. */
  of(seq: number): TransactionState {
    let tx = this.states.get(seq);
    if (!tx) {
      tx = new TransactionState(seq, this.clock.now());
      this.states.set(seq, tx);
    }
    return tx;
  }

  /** All that are kept, by number. */
  get all(): TransactionState[] {
    return [...this.states.values()].sort((a, b) => a.seq - b.seq);
  }

  /** The transaction that is next to be committed. */
  get head(): TransactionState | null {
    return this.get(this.committed.seq + 1);
  }

  /** Whether the transaction at hand was prepared here: the next one may begin with what it gives. */
  get pending(): boolean {
    return (this.head?.outcome ?? null) !== null;
  }

  /** Why a message is of no use; null: it is of this view, and of a transaction that may be under way. */
  refusal({ epoch, seq }: { epoch: number; seq: number }): DropReason | null {
    if (epoch !== this.place.view?.epoch || seq <= this.committed.seq) return 'stale';
    return this.isAhead(seq) ? 'malformed' : null;
  }

  /** Beyond all that members may be at. Who learns may have to wait for any. */
  isAhead(seq: number): boolean {
    return this.place.isMember && seq > this.committed.seq + MOST_AHEAD;
  }

  delete(seq: number): void {
    this.states.delete(seq);
  }

  /** Something came that a transaction, or the peer, gets on by. */
  advanced(tx: TransactionState | null = null): void {
    this.progress++;
    this.progressAt = this.clock.now();
    if (tx) tx.touchedAt = this.progressAt;
  }

  /** All up to a point is committed here; what is kept of it goes. */
  commitTo(at: Point): void {
    this.committed = at;
    this.committedAt = this.clock.now();
    for (const seq of [...this.states.keys()]) if (seq <= at.seq) this.states.delete(seq);
  }

  /** All up to a transaction is committed in the group. */
  knowCommitted(seq: number): void {
    this.known = Math.max(this.known, seq);
  }

  /**
   * Since when nothing came that brings this peer closer to where the group stands; null: it stands there. `lost`: what is
   * missing was sent by members of an earlier view, of whom some have gone.
   */
  behind(view: View, base: Point): { since: number; lost: boolean } | null {
    if (this.known <= this.committed.seq) return null;
    const { head } = this;
    const since = Math.max(this.committedAt, head?.touchedAt ?? 0);
    const proposal = head?.proposal ?? null;
    if (!proposal) return { since, lost: base.seq > this.committed.seq };
    const members = new Set(numbersOf(view));
    return { since, lost: proposal.members.some((member) => !members.has(member)) };
  }

  clear(): void {
    this.states.clear();
    this.committed = { seq: -1, hash: NO_HASH };
    this.known = -1;
  }
}
