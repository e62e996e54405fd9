/** What all peers of a test committed, against what a group of one does: one history, every item once. */
import { expect } from 'vitest';
import type { Committed } from '../../../src/training/collective';
import { transactionAt, type TestPeer } from './test-group';

/** The history that peers must share. */
export class Chronicle {
  private readonly history = new Map<number, string>();

  constructor(private readonly items: number) {}

  /** Takes in what a peer has committed since the last call. */
  check(peer: TestPeer): void {
    for (const { seq, committed } of peer.trainer.committed.splice(0)) this.add(seq, committed);
  }

  private add(seq: number, committed: Committed): void {
    const { items } = transactionAt(seq, this.items);
    // The ledger: every item of the transaction, once, in order.
    expect(committed.partials.map(([of, item]) => [of, item])).toEqual(
      Array.from({ length: items }, (_, i) => [seq, i]),
    );
    const text = JSON.stringify(committed.partials);
    const before = this.history.get(seq);
    if (before === undefined) this.history.set(seq, text);
    else expect(text).toBe(before);
  }

  /** Transactions that somebody committed. */
  get length(): number {
    return this.history.size;
  }

  /** Both tell the same, as far as both go. The numbers of items follow from the parameters. */
  expectSame(other: Chronicle): void {
    for (const [seq, text] of this.history) {
      const there = other.history.get(seq);
      if (there !== undefined) expect(`${seq}: ${text}`).toBe(`${seq}: ${there}`);
    }
  }
}
