/**
 * The transactions of one peer, from proposal to commit: what was computed (`own-work.ts`, `results.ts`), summed
 * (`exchanges.ts`) and voted for (`votes.ts`) comes together here, and the parameters follow.
 */
import { LatheError } from '../../base/errors';
import type { Committed } from '../../training/collective';
import type { Replica } from '../replica/replica';
import type { TrainerMessage } from '../trainer-port';
import type { Frame } from '../wire/frame';
import { Exchanges, type ExchangesHost } from './exchanges';
import type { MessageOf } from './messages';
import type { Contribution } from './norm-guard';
import { OwnWork, type NamedParameters, type WorkHost } from './own-work';
import { Results, type ResultsHost } from './results';
import { ANY_HASH, type Proposal, type TransactionState } from './transaction';
import { Transactions } from './transactions';
import { numbersOf, type Point, type View } from './view';
import { Votes, type VotesHost } from './votes';

/** What the log needs of the peer that it is kept at; each of its parts sees no more of that than it uses. */
export interface LogHost extends ExchangesHost, ResultsHost, WorkHost, VotesHost {
  /** What a peer calls itself. */
  nameOf(id: string): string;
  onCommitted(tx: TransactionState, committed: Committed): void;
  /** Contributions to an update that was committed. */
  onContributions(contributions: readonly Contribution[]): void;
  /** The parameters here are not those of the group. */
  onDiverged(tx: TransactionState): void;
}

/** The transactions of one peer. */
export class TransactionLog {
  private readonly transactions: Transactions;
  private readonly exchanges: Exchanges;
  private readonly results: Results;
  private readonly work: OwnWork;
  private readonly votes: Votes;
  /** The last proposals of transactions that are not committed. */
  private readonly lastSeen = new Map<number, Proposal>();
  private advancing = false;

  constructor(private readonly host: LogHost) {
    this.transactions = new Transactions(host.clock, host.place);
    this.votes = new Votes(this.transactions, host);
    this.exchanges = new Exchanges(this.transactions, host, {
      onAdded: (tx) => this.votes.tellNorms(tx),
      onDone: () => this.advance(),
    });
    this.results = new Results(this.transactions, host);
    this.work = new OwnWork(this.transactions, this.exchanges, this.results, host);
  }

  // Where this peer stands.

  /** The last transaction that was committed here. */
  get committed(): Point {
    return this.transactions.committed;
  }

  /** Grows with everything that brings the transaction at hand further. */
  get progress(): number {
    return this.transactions.progress;
  }

  /** When that last grew. */
  get progressAt(): number {
    return this.transactions.progressAt;
  }

  /** A transaction that is not committed; null: nothing is known of it. */
  get(seq: number): TransactionState | null {
    return this.transactions.get(seq);
  }

  /** The transaction that is next to be committed. */
  get head(): TransactionState | null {
    return this.transactions.head;
  }

  /** The last proposal of a transaction that is not committed: for a coordinator that proposes it again. */
  seen(seq: number): Proposal | null {
    return this.lastSeen.get(seq) ?? null;
  }

  /** The point that is prepared and not committed. */
  get prepared(): Point | null {
    const { head } = this;
    return head && head.hash !== null ? { seq: head.seq, hash: head.hash } : null;
  }

  /** The last vote of this member. */
  get voted(): { epoch: number; at: Point } | null {
    const { me, isMember } = this.host.place;
    const { head } = this;
    if (me === null || !isMember || !head) return null;
    const hash = head.votes.get(me);
    return hash === undefined ? null : { epoch: head.votesEpoch, at: { seq: head.seq, hash } };
  }

  /** Own items that are computed, of transactions that are not committed. */
  held(): { seq: number; items: number[] }[] {
    return this.work.held();
  }

  /** The newest parameters here. @throws LatheError where there are none */
  parameters(): NamedParameters {
    return this.work.parameters();
  }

  /** See `Transactions.behind`. */
  behind(view: View, base: Point): { since: number; lost: boolean } | null {
    return this.transactions.behind(view, base);
  }

  /** Whether too many bytes of sums wait for the state that they are to be added to. */
  get backlogTooLong(): boolean {
    return this.exchanges.backlogTooLong;
  }

  // Changes of the view.

  /** The state after a point was loaded: everything up to it is known. `advance` goes on from there. */
  begin(at: Point): void {
    this.transactions.commitTo(at);
  }

  /** Forgets everything. */
  clear(): void {
    this.transactions.clear();
    this.exchanges.clear();
    this.results.clear();
    this.lastSeen.clear();
  }

  /**
   * A view was installed that begins at `base`. What comes after it begins anew, with what this peer computed; what was
   * computed from parameters that are void is dropped.
   */
  install(view: View, base: Point): void {
    const replica = this.host.model.replica;
    const session = this.host.sessions.current;
    this.transactions.knowCommitted(base.seq - 1);
    for (const tx of this.transactions.all) {
      if (tx.seq < base.seq) tx.settled ??= ANY_HASH;
      if (tx.seq === base.seq + 1) {
        if (tx.outcome) {
          replica?.rollback();
          session?.rollback(tx.seq);
        }
        tx.suspend();
      } else if (tx.seq > base.seq + 1) {
        this.transactions.delete(tx.seq);
        this.exchanges.forget(tx.seq);
      }
    }
    this.results.clear();
    this.exchanges.install(view.epoch, base.seq);
    this.advance();
  }

  /** The view that begins at `base` is installed everywhere. */
  settle(base: Point): void {
    this.transactions.knowCommitted(base.seq);
    const tx = this.get(base.seq);
    if (tx && base.seq > this.committed.seq) tx.settled = base.hash;
    this.advance();
  }

  // What the coordinator and the others say.

  /** The coordinator says what a transaction is, and who computes what of it. */
  onProposal({ epoch, seq, transaction, stop, deal: runs }: MessageOf<'proposal'>): void {
    const { clock, place } = this.host;
    const { view } = place;
    const refusal = this.transactions.refusal({ epoch, seq });
    if (!view || refusal) {
      if (refusal) this.host.drop(refusal);
      return;
    }
    const members = numbersOf(view);
    // Reckoned before anything is made of it: a few runs may speak of more items than there is memory.
    const items = runs.reduce((sum, [, count]) => sum + count, 0);
    if (items !== transaction.items || runs.some(([member]) => !members.includes(member))) {
      this.host.drop('malformed');
      return;
    }
    const tx = this.transactions.of(seq);
    if (tx.proposal || tx.settled !== null) {
      if (tx.proposal) this.host.drop('replayed');
      return;
    }
    const deal = runs.flatMap(([member, count]) => new Array<number>(count).fill(member));
    tx.propose({ epoch, members, transaction, deal, stop }, clock.now());
    this.remember(tx);
    this.work.deal(tx);
    this.exchanges.open();
    this.work.tellHeld(tx);
    this.results.takeEarly();
    this.work.takeDeferred(tx);
    this.work.ask(tx);
    this.advance();
  }

  private remember({ seq, proposal }: TransactionState): void {
    if (proposal) this.lastSeen.set(seq, proposal);
    for (const before of this.lastSeen.keys()) if (before <= this.committed.seq) this.lastSeen.delete(before);
  }

  /** A member computed an item. */
  onPartial(member: number, message: MessageOf<'partial'>): void {
    if (this.results.take(member, message)) this.advance();
  }

  /** A member voted. */
  onVote(member: number, message: MessageOf<'vote'>): void {
    if (this.votes.take(member, message)) this.advance();
  }

  /** An owner of shards tells the norms of what it got. */
  onNorms(member: number, message: MessageOf<'norms'>): void {
    if (this.votes.takeNorms(member, message)) this.advance();
  }

  /** A frame that its link and its checksum vouch for. */
  onFrame(from: string, frame: Frame): void {
    this.exchanges.receive(from, frame);
  }

  // What the own trainer says.

  /** It is at a transaction. */
  entered(seq: number): void {
    const tx = this.get(seq);
    if (tx) this.work.ask(tx);
    // It may have gone on while the transaction before was run again.
    const before = this.get(seq - 1);
    if (before) this.work.ask(before);
  }

  /** It computed a bucket of an item, or all of it. */
  onComputed(message: Extract<TrainerMessage, { type: 'bucket' | 'item' }>): void {
    if (message.type === 'bucket') this.work.onBucket(message);
    else if (this.work.onItem(message)) this.advance();
  }

  /** It is gone, and will be asked again what it was asked for. */
  forgetWork(): void {
    this.work.forget();
  }

  // From everything computed to the commit.

  /** Prepares, votes and commits as far as it goes. */
  advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    try {
      while (this.step());
    } finally {
      this.advancing = false;
    }
  }

  private step(): boolean {
    const { replica } = this.host.model;
    const { promisedAway, isMember } = this.host.place;
    const tx = this.head;
    if (!tx || !replica) return false;
    if (tx.hash === null) {
      if (!tx.complete || (promisedAway && isMember) || !this.votes.passes(tx)) return false;
      this.prepare(tx, replica);
      return true;
    }
    if (tx.settled === null) return false;
    if (tx.settled !== ANY_HASH && tx.settled !== tx.hash) {
      this.host.onDiverged(tx);
      return false;
    }
    this.commit(tx, replica);
    return true;
  }

  private prepare(tx: TransactionState, replica: Replica): void {
    const { proposal, exchange } = tx;
    const { trainer, clock, place } = this.host;
    const { view, me, isMember } = place;
    if (!proposal || !view || me === null) throw new LatheError('internal', `Transaction ${tx.seq} was not proposed.`);
    const from = clock.now();
    tx.times.gathered ??= from;
    const update = proposal.transaction.kind === 'update';
    if (proposal.transaction.kind === 'update') {
      if (!exchange) throw new LatheError('internal', `Transaction ${tx.seq} has no sum.`);
      tx.outcome = replica.prepare(tx.seq, exchange.finite ? exchange.sum : null, proposal.transaction.scalars);
    } else tx.outcome = { hash: replica.hash, norm: 0, finite: true, lossScale: 1 };
    tx.times.update = clock.now() - from;
    tx.hash = tx.hashOf(tx.outcome.hash);
    if (isMember) {
      tx.times.voted = clock.now();
      this.votes.cast(tx, proposal.epoch, me, tx.hash);
    }
    trainer.applied(tx.seq, update);
    this.beginNext(tx.seq + 1);
  }

  private commit(tx: TransactionState, replica: Replica): void {
    const { outcome, proposal, hash } = tx;
    if (!outcome || !proposal || hash === null)
      throw new LatheError('internal', `Transaction ${tx.seq} was not prepared.`);
    if (replica.pending !== null) replica.commit();
    if (proposal.transaction.kind === 'update') {
      this.host.sessions.current?.commit(tx.seq);
      const contributions = this.votes.contributions(tx);
      if (contributions) this.host.onContributions(contributions);
    }
    this.transactions.commitTo({ seq: tx.seq, hash });
    this.transactions.advanced();
    this.exchanges.retire(tx);
    const { place } = this.host;
    const members = place.view?.members ?? [];
    this.host.onCommitted(tx, {
      partials: tx.partials(),
      norm: outcome.norm,
      finite: outcome.finite,
      lossScale: outcome.lossScale,
      stop: proposal.stop,
      coordinator: place.isFirst,
      rank: members.findIndex(({ id }) => id === place.id),
      members: members.map(({ id }) => this.host.nameOf(id)),
    });
    this.beginNext(tx.seq + 1);
  }

  /** What was known of the next transaction can begin. */
  private beginNext(seq: number): void {
    const next = this.get(seq);
    if (!next) return;
    this.exchanges.open();
    this.work.ask(next);
  }
}
