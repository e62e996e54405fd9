/** Votes for the outcome of a transaction, and the norms that may speak against one. */
import type { DropReason } from '../status';
import { contributionsOf, keepNorms, tellNorms } from './contribution-norms';
import type { Message, MessageOf } from './messages';
import type { Contribution } from './norm-guard';
import type { Place } from './place';
import { ANY_HASH, type TransactionState } from './transaction';
import type { Transactions } from './transactions';
import { numbersOf } from './view';

/** What votes need of their peer. */
export interface VotesHost {
  readonly place: Place;
  broadcast(message: Message): void;
  drop(reason: DropReason): void;
  /** Whether an update may be voted for, to which members contributed this. */
  mayVote(tx: TransactionState, contributions: readonly Contribution[]): boolean;
  /** All voted, and not all alike. */
  onMismatch(tx: TransactionState): void;
}

/** The votes of one view, as one peer hears them. */
export class Votes {
  constructor(
    private readonly transactions: Transactions,
    private readonly host: VotesHost,
  ) {}

  /** Votes for the outcome that was prepared. */
  cast(tx: TransactionState, epoch: number, me: number, hash: string): void {
    this.host.broadcast({ type: 'vote', epoch, at: { seq: tx.seq, hash } });
    this.count(tx, epoch, me, hash);
  }

  /** Takes in a vote. False: it is of no use. */
  take(member: number, { epoch, at }: MessageOf<'vote'>): boolean {
    const refusal = this.transactions.refusal({ epoch, seq: at.seq });
    if (refusal) return this.refuse(refusal);
    const tx = this.transactions.of(at.seq);
    if (tx.votesEpoch === epoch && tx.votes.has(member)) return this.refuse('replayed');
    this.transactions.advanced();
    this.count(tx, epoch, member, at.hash);
    return true;
  }

  private count(tx: TransactionState, epoch: number, member: number, hash: string): void {
    if (tx.votesEpoch !== epoch) {
      tx.votes.clear();
      tx.votesEpoch = epoch;
    }
    tx.votes.set(member, hash);
    const { view } = this.host.place;
    if (!view || view.epoch !== epoch || tx.settled !== null) return;
    const votes = numbersOf(view).map((number) => tx.votes.get(number));
    if (votes.some((vote) => vote === undefined)) return;
    if (votes.every((vote) => vote === votes[0])) {
      tx.settled = votes[0] ?? ANY_HASH;
      this.transactions.knowCommitted(tx.seq);
    } else this.host.onMismatch(tx);
  }

  /** Tells the norms of contributions to own shards, once they are there. */
  tellNorms(tx: TransactionState): void {
    tellNorms(tx, this.host);
  }

  /** Takes in the norms that an owner of shards tells. False: they are of no use. */
  takeNorms(member: number, { epoch, seq, squared }: MessageOf<'norms'>): boolean {
    const refusal = this.transactions.refusal({ epoch, seq });
    if (refusal) return this.refuse(refusal);
    return keepNorms(this.transactions.of(seq), member, epoch, squared) || this.refuse('replayed');
  }

  private refuse(reason: DropReason): false {
    this.host.drop(reason);
    return false;
  }

  /** Whether the norms of what members contributed speak against a vote; not yet, where they are not all known. */
  passes(tx: TransactionState): boolean {
    const { view, isFirst } = this.host.place;
    // The coordinator answers for all: nothing is committed without its vote.
    if (!view || !isFirst || view.members.length < 2 || !tx.exchange) return true;
    const contributions = contributionsOf(tx, this.host);
    return contributions !== null && this.host.mayVote(tx, contributions);
  }

  /** What members contributed to an update; null: that is not known. */
  contributions(tx: TransactionState): Contribution[] | null {
    return tx.exchange?.finite ? contributionsOf(tx, this.host) : null;
  }
}
