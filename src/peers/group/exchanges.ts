/** The all-reduces of the transactions under way: opened in order, fed by the own trainer and by frames of others. */
import type { DropReason } from '../status';
import type { Frame, Message as BulkMessage } from '../wire/frame';
import type { AwakeClock } from './awake-clock';
import { FrameStore } from './frame-store';
import type { AllReduce, GroupParts } from './parts';
import type { Place } from './place';
import type { Sessions } from './sessions';
import type { Proposal, TransactionState } from './transaction';
import type { Transactions } from './transactions';
import { numberOf, numbersOf } from './view';

/** What exchanges need of their peer. */
export interface ExchangesHost {
  readonly clock: AwakeClock;
  readonly createExchange: GroupParts['createExchange'];
  readonly place: Place;
  readonly sessions: Sessions;
  sendBulk(to: number, message: BulkMessage): void;
  drop(reason: DropReason): void;
}

/** What exchanges tell. */
export interface ExchangesEvents {
  /** Something was added to the sum of a transaction. */
  onAdded(tx: TransactionState): void;
  /** All of a sum is there, and the next exchange is open. */
  onDone(tx: TransactionState): void;
}

/** Vectors for sums that are used again. */
const MOST_SPARE = 2;

/** Transactions beyond the last committed one for which a learner keeps sums, in bytes. */
const MOST_BACKLOG_BYTES = 1024 * 1024 * 1024;

/** The exchanges of one peer. */
export class Exchanges {
  /** The exchange of each transaction, and the epoch that it was opened in. */
  private readonly opened = new Map<number, { epoch: number; exchange: AllReduce }>();
  private readonly frames = new FrameStore();
  private spare: Float32Array[] = [];
  private retired: Float32Array | null = null;

  constructor(
    private readonly transactions: Transactions,
    private readonly host: ExchangesHost,
    private readonly events: ExchangesEvents,
  ) {}

  /** Opens those that may be: of one transaction after the other. */
  open(): void {
    for (const tx of this.transactions.all) {
      const { seq, proposal } = tx;
      if (seq <= this.transactions.committed.seq) continue;
      if (!proposal) break;
      if (proposal.transaction.kind === 'evaluation') continue;
      const opened = this.opened.get(seq);
      const isOpen = tx.exchange && tx.exchange === opened?.exchange && opened.epoch === proposal.epoch;
      if (!isOpen) this.openOne(tx, proposal);
      if (!tx.exchange?.done) break;
    }
  }

  private openOne(tx: TransactionState, proposal: Proposal): void {
    const { host } = this;
    const { view, me } = host.place;
    const session = host.sessions.of(proposal.epoch);
    if (!view || me === null || !session) return;
    const carried = tx.exchange?.carryOver() ?? null;
    let started = false;
    const exchange = host.createExchange({
      epoch: proposal.epoch,
      seq: tx.seq,
      me,
      members: numbersOf(view),
      learners: view.learners.map(({ member }) => member),
      deal: proposal.deal,
      session,
      carried,
      sum: this.spare.pop(),
      send: (to, message) => {
        if (tx.proposal === proposal) host.sendBulk(to, message);
      },
      onDone: () => {
        const current = this.opened.get(tx.seq)?.exchange === tx.exchange && tx.proposal === proposal;
        if (started && current) this.finish(tx);
      },
    });
    tx.exchange = exchange;
    this.opened.set(tx.seq, { epoch: proposal.epoch, exchange });
    exchange.start();
    started = true;
    for (const { from, frame } of this.frames.take(proposal.epoch, tx.seq)) this.receive(from, frame);
    if (exchange.done) this.finish(tx);
  }

  private finish(tx: TransactionState): void {
    this.events.onAdded(tx);
    tx.times.gathered ??= this.host.clock.now();
    this.open();
    this.events.onDone(tx);
  }

  /** A bucket of an own item; the array is given away. */
  contribute(tx: TransactionState, item: number, bucket: number, values: Float32Array): void {
    if (!tx.exchange) return;
    tx.exchange.contribute(item, bucket, values);
    this.afterwards(tx);
  }

  /** A frame that its link and its checksum vouch for. */
  receive(from: string, frame: Frame): void {
    const { host, transactions } = this;
    const { view } = host.place;
    const tx = transactions.get(frame.seq);
    const opened = this.opened.get(frame.seq);
    if (view && tx?.proposal && opened && opened.epoch === frame.epoch && opened.exchange === tx.exchange) {
      const member = numberOf(view, from);
      if (member === null || member !== frame.source) {
        host.drop('stranger');
        return;
      }
      const reason = tx.exchange.receive(member, frame);
      if (reason) host.drop(reason);
      else transactions.advanced(tx);
      this.afterwards(tx);
      return;
    }
    // Of this view or a later one; or of an earlier one, of a transaction that stands since.
    const known = !view || frame.epoch >= view.epoch || tx?.proposal?.epoch === frame.epoch;
    const early = known && frame.seq > transactions.committed.seq && frame.epoch !== opened?.epoch;
    if (!early) host.drop('stale');
    else if (transactions.isAhead(frame.seq)) host.drop('malformed');
    else this.dropStale(this.frames.push(from, frame));
  }

  /** Callbacks of an exchange run inside its calls; what follows from them is done here, too. */
  private afterwards(tx: TransactionState): void {
    this.events.onAdded(tx);
    if (tx.exchange?.done && tx.times.gathered === null) this.finish(tx);
  }

  /** A view was installed: frames of earlier ones are of no use for what comes after its base. */
  install(epoch: number, base: number): void {
    this.dropStale(this.frames.forget(epoch, base, this.transactions.committed.seq));
  }

  private dropStale(frames: number): void {
    for (let left = frames; left > 0; left--) this.host.drop('stale');
  }

  /** A transaction begins anew, as if it had never been opened. */
  forget(seq: number): void {
    this.opened.delete(seq);
  }

  /** A transaction was committed. */
  retire({ seq, exchange }: TransactionState): void {
    this.opened.delete(seq);
    // Whoever voted for this one has all of the sum before it: nothing of that waits to be sent any more, save to learners.
    if (this.retired && this.spare.length < MOST_SPARE) this.spare.push(this.retired);
    this.retired = this.host.place.view?.learners.length === 0 ? (exchange?.sum ?? null) : null;
  }

  /** Whether too many bytes of sums wait for the state that they are to be added to. */
  get backlogTooLong(): boolean {
    const { all } = this.transactions;
    const bytes = all.reduce((sum, { exchange }) => sum + (exchange?.sum.byteLength ?? 0), 0);
    return bytes > MOST_BACKLOG_BYTES && all.length > 2;
  }

  clear(): void {
    this.opened.clear();
    this.frames.forget(Infinity, -1, Infinity);
    this.spare = [];
    this.retired = null;
  }
}
