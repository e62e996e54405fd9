/** What a member has computed of a transaction: sums of own items, as far up the tree as it has all items below. */
import { coveredBy, nodeOf, parentOf, siblingOf, topOf } from './tree';
import { addTo } from './vector-math';

/** Own items of one transaction, by bucket. Holds one vector for each largest complete node, not one an item. */
export class Contributions {
  readonly buckets: number;
  readonly items: number;
  /** Items with numbers that are not finite: their vectors do not count. */
  readonly skipped = new Set<number>();
  /** By bucket: vectors of the largest nodes that are complete. */
  private readonly nodes: Map<number, Float32Array>[];
  /** By bucket: whether an item's numbers are in one of the nodes. */
  private readonly had: Uint8Array[];

  constructor(buckets: number, items: number) {
    this.buckets = buckets;
    this.items = items;
    this.nodes = Array.from({ length: buckets }, () => new Map<number, Float32Array>());
    this.had = Array.from({ length: buckets }, () => new Uint8Array(items));
  }

  has(item: number, bucket: number): boolean {
    return this.had[bucket][item] === 1;
  }

  /** Every bucket of the item is there, or it was skipped. */
  complete(item: number): boolean {
    return this.skipped.has(item) || this.had.every((items) => items[item] === 1);
  }

  /** The vector of a node, where it is one of the largest complete ones. */
  node(bucket: number, node: number): Float32Array | undefined {
    return this.nodes[bucket].get(node);
  }

  /**
   * Adds an item's numbers, which are given away, and sums up the tree as far as it goes. Vectors that were there before are
   * not written to: they may still wait to be sent.
   */
  add(item: number, bucket: number, values: Float32Array): void {
    this.had[bucket][item] = 1;
    const nodes = this.nodes[bucket];
    const top = topOf(this.items);
    let node = nodeOf(0, item);
    while (node !== top) {
      const sibling = siblingOf(node);
      if (coveredBy(sibling, this.items).start < this.items) {
        const other = nodes.get(sibling);
        if (!other) break;
        nodes.delete(sibling);
        // Addition commutes, to the bit.
        addTo(values, values, other);
      }
      node = parentOf(node);
    }
    nodes.set(node, values);
  }

  /** Drops every sum that has an item which is not `mine` in it. */
  keep(mine: (item: number) => boolean): void {
    for (const [bucket, nodes] of this.nodes.entries()) {
      for (const node of nodes.keys()) {
        const { start, end } = coveredBy(node, this.items);
        let all = true;
        for (let item = start; item < end; item++) all &&= mine(item);
        if (all) continue;
        nodes.delete(node);
        this.had[bucket].fill(0, start, end);
      }
    }
    for (const item of this.skipped) if (!mine(item)) this.skipped.delete(item);
  }
}
