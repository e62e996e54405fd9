/** What one peer counts and remembers for its status. */
import type { DropReason } from '../status';
import type { TransactionState } from './transaction';
import { idOf, type View } from './view';

/** Counts at one peer. */
export class Tally {
  /** What arrived and was not used, by reason. */
  readonly dropped: Partial<Record<DropReason, number>> = {};
  /** Items of the last transaction, by peer. */
  lastItems: ReadonlyMap<string, number> = new Map();
  /** Hash of the parameters after the last committed update. */
  parametersHash: string | null = null;

  /** Something arrived that was not used. */
  drop(reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
  }

  /** A transaction was committed. */
  committed({ outcome, proposal }: TransactionState, view: View | null): void {
    if (!proposal) return;
    if (outcome && proposal.transaction.kind === 'update') this.parametersHash = outcome.hash;
    const items = new Map<string, number>();
    for (const member of proposal.deal) {
      const id = view ? idOf(view, member) : null;
      if (id !== null) items.set(id, (items.get(id) ?? 0) + 1);
    }
    this.lastItems = items;
  }
}
