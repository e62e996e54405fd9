/** The numbers that the group computed of each item, beside its gradients: own ones are told, those of others taken in. */
import type { DropReason } from '../status';
import type { AwakeClock } from './awake-clock';
import type { Message, MessageOf } from './messages';
import type { Place } from './place';
import type { ItemResult, TransactionState } from './transaction';
import type { Transactions } from './transactions';

/** What results need of their peer. */
export interface ResultsHost {
  readonly place: Place;
  readonly clock: AwakeClock;
  /** To all members and learners but this one. */
  broadcast(message: Message): void;
  drop(reason: DropReason): void;
  /** A member computed an item. */
  onResult(tx: TransactionState, member: number, result: ItemResult): void;
}

/** Results kept that came before their proposal. */
const MOST_EARLY = 65_536;

/** The results at one peer. */
export class Results {
  /** Those that came before the proposal. */
  private early: { member: number; message: MessageOf<'partial'> }[] = [];

  constructor(
    private readonly transactions: Transactions,
    private readonly host: ResultsHost,
  ) {}

  /** Tells the group what an own item gave, where it is dealt to this member. */
  tell(tx: TransactionState, item: number, result: ItemResult): void {
    const { me } = this.host.place;
    if (!tx.proposal || me === null || tx.proposal.deal[item] !== me || tx.results.has(item)) return;
    this.keep(tx, item, result);
    this.host.broadcast({ type: 'partial', epoch: tx.proposal.epoch, seq: tx.seq, item, ...result });
    this.host.onResult(tx, me, result);
  }

  /** Takes in what another member computed. False: it is of no use, or not yet. */
  take(member: number, message: MessageOf<'partial'>): boolean {
    const tx = this.transactions.get(message.seq);
    // What stands since an earlier view goes on to those who learn.
    const stands = tx?.proposal?.epoch === message.epoch;
    const refusal = stands ? null : this.transactions.refusal(message);
    if (refusal) return this.refuse(refusal);
    if (!tx?.proposal) {
      if (this.early.length >= MOST_EARLY) return this.refuse('stale');
      this.early.push({ member, message });
      return false;
    }
    if (!stands) return this.refuse('stale');
    if (tx.results.has(message.item)) return this.refuse('replayed');
    if (tx.proposal.deal[message.item] !== member) return this.refuse('malformed');
    const result = { numbers: message.numbers, ms: message.ms, examples: message.examples };
    this.transactions.advanced(tx);
    this.keep(tx, message.item, result);
    this.host.onResult(tx, member, result);
    return true;
  }

  private refuse(reason: DropReason): false {
    this.host.drop(reason);
    return false;
  }

  private keep(tx: TransactionState, item: number, result: ItemResult): void {
    tx.results.set(item, result);
    if (tx.results.size === tx.proposal?.transaction.items) tx.times.results = this.host.clock.now();
  }

  /** A transaction was proposed: what came before that may be of it. */
  takeEarly(): void {
    for (const { member, message } of this.early.splice(0)) this.take(member, message);
  }

  /** What came early is void: the view changed. */
  clear(): void {
    this.early.length = 0;
  }
}
