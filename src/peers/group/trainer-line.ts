/**
 * The line to the own trainer. It is told everything in order, and only what it has come to: a trainer that lags behind the
 * group finds out the rest as it catches up. Parameters go with what it is told only then, so that a lag costs no memory.
 */
import type { AppliedWeights, CollectiveStart, Committed, Transaction } from '../../training/collective';
import type { PeerMessage } from '../trainer-port';

/** Parameters and what names them. */
export interface TaggedWeights {
  weights: AppliedWeights;
  /** Hash of the parameters. */
  tag: string;
}

type Note =
  | { type: 'applied'; seq: number; update: boolean }
  | { type: 'need'; seq: number }
  | { type: 'committed'; seq: number; committed: Committed };

/** Transactions that a trainer has entered and that are remembered: it is one ahead of what is committed, at most. */
const REMEMBERED = 4;

/** One trainer, or its absence. */
export class TrainerLine {
  /** A trainer was started, and has not gone. */
  present = false;
  /** The transaction that it is at. */
  entered = -1;
  private notes: Note[] = [];
  private tag: string | null = null;
  private appliedUpTo = -1;
  /** It is told of this transaction and later ones; null: of none. */
  private from: number | null = null;
  private round = 0;
  private readonly transactions = new Map<number, Transaction>();

  /**
   * @param post Sends to the trainer; arrays are transferred.
   * @param newest The newest parameters: pending ones, or else the committed ones.
   */
  constructor(
    private readonly post: (message: PeerMessage, transfer: Transferable[]) => void,
    private readonly newest: () => TaggedWeights,
  ) {}

  /** A trainer is going to be started at `seq`: what happens from there on is kept for it. */
  expect(seq: number): void {
    this.notes = [];
    this.from = seq;
    this.appliedUpTo = seq - 1;
    this.entered = seq - 1;
  }

  /** Starts the trainer: `seq` is the transaction that it enters next. `tag`: of the parameters that it starts with. */
  start(start: CollectiveStart, seq: number, tag: string): void {
    if (this.from !== seq) this.expect(seq);
    this.present = true;
    this.tag = tag;
    this.transactions.clear();
    const { weights, slots, average, statistics } = start.state;
    const buffers = [weights, ...slots, statistics, ...(average ? [average] : [])].map(({ buffer }) => buffer);
    this.post({ type: 'started', start, seq }, transferable(buffers));
  }

  /** The trainer is gone: nothing is told to it until it is started again. */
  gone(): void {
    this.present = false;
    this.from = null;
    this.notes = [];
    this.transactions.clear();
  }

  /** The trainer is at a transaction. False: it is one that it cannot be at. */
  enter(seq: number, transaction: Transaction): boolean {
    if (!this.present || seq !== this.entered + 1) return false;
    this.entered = seq;
    this.transactions.set(seq, transaction);
    this.transactions.delete(seq - REMEMBERED);
    this.flush();
    return true;
  }

  /** What the trainer makes of a transaction that it has entered. */
  transaction(seq: number): Transaction | null {
    return this.transactions.get(seq) ?? null;
  }

  /**
   * Asks for items. Where the trainer does not hold the parameters before this transaction, they come along.
   * @returns The round, and whether what was computed before must not count.
   */
  compute(
    seq: number,
    items: number[],
    before: { tag: string; weights: () => AppliedWeights },
  ): { round: number; restored: boolean } {
    const round = ++this.round;
    const restored = this.tag !== before.tag;
    const weights = restored ? before.weights() : null;
    this.tag = before.tag;
    this.post({ type: 'compute', seq, round, items, weights }, weights ? buffersOf(weights) : []);
    return { round, restored };
  }

  applied(seq: number, update: boolean): void {
    if (this.from === null) return;
    // A transaction that was run again may have ended with other parameters than those that were told.
    if (seq <= this.appliedUpTo && (!update || this.tag === this.newest().tag)) return;
    this.appliedUpTo = Math.max(seq, this.appliedUpTo);
    this.notes.push({ type: 'applied', seq, update });
    this.flush();
  }

  committed(seq: number, committed: Committed): void {
    if (this.from === null || seq < this.from) return;
    this.notes.push({ type: 'committed', seq, committed });
    this.flush();
  }

  /** Asks for the training state after a transaction that is being committed. False: there is no trainer to ask. */
  needTrainingState(seq: number): boolean {
    if (!this.present) return false;
    this.notes.push({ type: 'need', seq });
    this.flush();
    return true;
  }

  send(message: PeerMessage, transfer: Transferable[] = []): void {
    this.post(message, transfer);
  }

  private flush(): void {
    while (this.notes.length > 0 && this.notes[0].seq <= this.entered) {
      const note = this.notes.shift();
      if (!note) return;
      if (note.type === 'applied') {
        if (!note.update) this.post({ type: 'applied', seq: note.seq, weights: null }, []);
        else {
          const { weights, tag } = this.newest();
          this.tag = tag;
          this.post({ type: 'applied', seq: note.seq, weights }, buffersOf(weights));
        }
      } else if (note.type === 'need') this.post({ type: 'need_training_state', seq: note.seq }, []);
      else this.post({ type: 'committed', seq: note.seq, committed: note.committed }, []);
    }
  }
}

function transferable(buffers: ArrayBufferLike[]): ArrayBuffer[] {
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}

function buffersOf({ weights, statistics, average }: AppliedWeights): ArrayBuffer[] {
  return transferable([weights.buffer, statistics.buffer, ...(average ? [average.buffer] : [])]);
}
