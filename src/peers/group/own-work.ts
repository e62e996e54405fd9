/** The part of the own trainer in the transactions under way: it is asked for items, and what it gives is passed on. */
import { LatheError } from '../../base/errors';
import type { Replica } from '../replica/replica';
import type { TrainerMessage } from '../trainer-port';
import type { AwakeClock } from './awake-clock';
import type { Exchanges } from './exchanges';
import type { OwnModel } from './own-model';
import type { Results } from './results';
import type { Place } from './place';
import type { TrainerLine } from './trainer-line';
import type { TransactionState } from './transaction';
import type { Transactions } from './transactions';

type TrainerMessageOf<T extends TrainerMessage['type']> = Extract<TrainerMessage, { type: T }>;

/** Parameters by their name, copied only where they are asked for. */
export interface NamedParameters {
  /** Their hash. */
  tag: string;
  weights: () => ReturnType<Replica['weights']>;
}

/** What it needs of its peer. */
export interface WorkHost {
  readonly trainer: TrainerLine;
  readonly place: Place;
  readonly model: OwnModel;
  readonly clock: AwakeClock;
}

/** The work of one trainer. */
export class OwnWork {
  constructor(
    private readonly transactions: Transactions,
    private readonly exchanges: Exchanges,
    private readonly results: Results,
    private readonly host: WorkHost,
  ) {}

  /** Has the trainer compute what is dealt to it and not computed yet. */
  ask(tx: TransactionState): void {
    const { trainer, place, model } = this.host;
    const { me } = place;
    if (!tx.proposal || me === null || !model.replica || !trainer.present || trainer.entered < tx.seq) return;
    if (tx.proposal.transaction.kind === 'update' && !tx.exchange) return;
    const { committed, pending } = this.transactions;
    const ahead = tx.seq === committed.seq + 2;
    if (tx.seq !== committed.seq + 1 && !(ahead && pending)) return;
    const items = tx.itemsOf(me).filter((item) => !tx.own.has(item) && !tx.asked.has(item));
    if (items.length === 0) return;
    const before = this.parameters(ahead);
    const { round, restored } = trainer.compute(tx.seq, items, before);
    if (restored || tx.validFrom === 0) tx.validFrom = round;
    for (const item of items) tx.asked.add(item);
    if (restored) {
      // What was asked for before was computed, or will be, with other parameters: it is asked for again.
      const again = tx.itemsOf(me).filter((item) => !tx.own.has(item) && tx.asked.has(item) && !items.includes(item));
      if (again.length > 0) trainer.compute(tx.seq, again, before);
    }
  }

  /** The newest parameters here: those after the transaction at hand where it is prepared, and `pending` holds. */
  parameters(pending = this.transactions.pending): NamedParameters {
    const { replica } = this.host.model;
    if (!replica) throw new LatheError('internal', 'There are no parameters yet.');
    const outcome = pending ? this.transactions.head?.outcome : null;
    // An evaluation leaves the parameters as they are.
    if (!outcome || replica.pending === null) return { tag: replica.hash, weights: () => replica.weights('committed') };
    return { tag: outcome.hash, weights: () => replica.weights('pending') };
  }

  onBucket(message: TrainerMessageOf<'bucket'>): void {
    const { seq, round, item, bucket, values } = message;
    const tx = this.transactions.get(seq);
    if (!tx || round < tx.validFrom || tx.validFrom === 0) return;
    this.transactions.advanced();
    if (this.defers(tx)) tx.deferred.push(message);
    else this.exchanges.contribute(tx, item, bucket, values);
  }

  /** True: the result of an item is there. */
  onItem(message: TrainerMessageOf<'item'>): boolean {
    const { seq, round, item, partial, ms, examples } = message;
    const tx = this.transactions.get(seq);
    if (!tx || round < tx.validFrom || tx.validFrom === 0 || !tx.asked.has(item) || tx.own.has(item)) return false;
    this.transactions.advanced();
    if (this.defers(tx)) {
      tx.deferred.push(message);
      return false;
    }
    // JSON has no negative zero: here and elsewhere it is the same number.
    const result = { numbers: partial.map((number) => number + 0), ms, examples };
    tx.own.set(item, result);
    this.results.tell(tx, item, result);
    return true;
  }

  /** What is computed between a promise and the next deal counts in that one: it may be dealt to somebody else there. */
  private defers(tx: TransactionState): boolean {
    return !tx.proposal || (this.host.place.promisedAway && this.host.place.isMember);
  }

  /** A transaction was dealt: what is dealt to others now does not count here. */
  deal(tx: TransactionState): void {
    const { me } = this.host.place;
    const others = (item: number): boolean => tx.proposal?.deal[item] !== me;
    for (const item of [...tx.own.keys()]) if (others(item)) tx.own.delete(item);
    for (const item of [...tx.asked]) if (others(item)) tx.asked.delete(item);
  }

  /**
   * A sum of own items goes where one of them is dealt to somebody else, and the others with it: they are computed again.
   * What is whole is told.
   */
  tellHeld(tx: TransactionState): void {
    for (const item of tx.exchange?.missing() ?? []) if (tx.own.delete(item)) tx.asked.delete(item);
    for (const [item, result] of tx.own) this.results.tell(tx, item, result);
  }

  /** Takes in what waited for a deal. */
  takeDeferred(tx: TransactionState): void {
    for (const message of tx.deferred.splice(0)) {
      if (message.type === 'bucket') this.onBucket(message);
      else this.onItem(message);
    }
  }

  /** Own items that are computed, of transactions that are not committed. */
  held(): { seq: number; items: number[] }[] {
    const { committed, all } = this.transactions;
    return all
      .filter(({ seq, own }) => seq > committed.seq && seq <= committed.seq + 2 && own.size > 0)
      .map((tx) => ({ seq: tx.seq, items: tx.held() }));
  }

  /** What a trainer that starts anew will be asked again. */
  forget(): void {
    for (const tx of this.transactions.all) {
      tx.asked.clear();
      tx.deferred.length = 0;
      tx.validFrom = 0;
      const held = new Set(tx.held());
      for (const item of tx.own.keys()) if (!held.has(item)) tx.own.delete(item);
    }
  }
}
