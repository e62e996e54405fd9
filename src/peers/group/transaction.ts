/** One transaction at one peer, from its proposal to its commit. */
import type { Transaction } from '../../training/collective';
import type { TrainerMessage } from '../trainer-port';
import { fingerprint } from './fingerprint';
import type { AllReduce } from './parts';
import type { Outcome } from '../replica/replica';

/** What was computed of one item, beside its vector. */
export interface ItemResult {
  numbers: number[];
  ms: number;
  examples: number;
}

/** What the coordinator makes of a transaction in one view. */
export interface Proposal {
  epoch: number;
  /** Numbers of the members of that view. */
  members: readonly number[];
  transaction: Transaction;
  /** Member of each item. */
  deal: number[];
  stop: boolean;
}

/** Stands for any hash: a transaction that is known to be committed, with a hash that was not heard of. */
export const ANY_HASH = '*';

/**
 * How far beyond the last transaction that is committed here another member may be: it may have committed the next one, have
 * prepared the one after that, and send what it has of the third.
 */
export const MOST_AHEAD = 3;

/** Times of a transaction at this peer, in milliseconds of the peer's clock; null: not yet. */
export interface Times {
  proposed: number | null;
  /** The last item that was heard of was computed, wherever that was. */
  computed: number | null;
  /** The numbers of all items were there: nobody computes any more. */
  results: number | null;
  /** Everything of the others was there. */
  gathered: number | null;
  /** Milliseconds that the update took. */
  update: number;
  voted: number | null;
}

/** The hash of the parameters in one that was voted for. */
export const parametersIn = (hash: string): string => hash.split('.')[0];

/** State of one transaction. */
export class TransactionState {
  proposal: Proposal | null = null;
  /** What the group computed, by item, in the view of the proposal. */
  readonly results = new Map<number, ItemResult>();
  /** What this peer computed, by item; kept from view to view. */
  readonly own = new Map<number, ItemResult>();
  /** Items that the own trainer is asked for. */
  readonly asked = new Set<number>();
  /** When something of it arrived last. */
  touchedAt: number;
  /** What the trainer gave between a promise and the next deal. */
  readonly deferred: Extract<TrainerMessage, { type: 'bucket' | 'item' }>[] = [];
  /** Rounds before this one computed with other parameters. */
  validFrom = 0;
  exchange: AllReduce | null = null;
  outcome: Outcome | null = null;
  /** What this peer votes: null until it has prepared the transaction. */
  hash: string | null = null;
  /** Votes by member number, in the view of `votesEpoch`. */
  readonly votes = new Map<number, string>();
  votesEpoch = 0;
  /** Squared norms of contributions as each owner saw them, in the view of `normsEpoch`. */
  readonly norms = new Map<number, readonly number[]>();
  normsEpoch = 0;
  /** The hash that the group stands by: this transaction is committed. */
  settled: string | null = null;
  /** Coordinator: first time that all items of some member were there, times that it was dealt again. */
  firstDoneAt: number | null = null;
  attempts = 0;
  /** When it was proposed in this view. */
  proposedAt: number | null = null;
  times: Times = { proposed: null, computed: null, results: null, gathered: null, update: 0, voted: null };

  constructor(
    readonly seq: number,
    now: number,
  ) {
    this.touchedAt = now;
  }

  /** The coordinator of a view says what it is, for the first time or again. */
  propose(proposal: Proposal, now: number): void {
    this.proposal = proposal;
    this.attempts++;
    this.proposedAt = now;
    this.times.proposed ??= now;
  }

  /** Items that a member computes. */
  itemsOf(member: number): number[] {
    return this.proposal ? this.proposal.deal.flatMap((owner, item) => (owner === member ? [item] : [])) : [];
  }

  /** Everything is there that the outcome depends on. */
  get complete(): boolean {
    if (!this.proposal || this.results.size < this.proposal.transaction.items) return false;
    return this.proposal.transaction.kind === 'evaluation' || (this.exchange?.done ?? false);
  }

  /** Own items of which all is there. */
  held(): number[] {
    const missing = new Set(this.exchange?.missing() ?? []);
    return [...this.own.keys()].filter((item) => !missing.has(item)).sort((a, b) => a - b);
  }

  /** Results in the order of items. */
  partials(): number[][] {
    const items = this.proposal?.transaction.items ?? 0;
    return Array.from({ length: items }, (_, item) => this.results.get(item)?.numbers ?? []);
  }

  /** The hash to vote for, after a preparation. */
  hashOf(parameters: string): string {
    return `${parameters}.${fingerprint([this.partials(), this.proposal?.stop ?? false])}`;
  }

  /** The view ended: what the group computed is void, what this peer computed stays. */
  suspend(): void {
    this.proposal = null;
    this.results.clear();
    this.votes.clear();
    this.norms.clear();
    this.outcome = null;
    this.hash = null;
    this.firstDoneAt = null;
  }
}
