/**
 * The one tree in which vectors of items are summed, whoever computed them: node (level, index) covers the items from
 * index · 2^level to (index + 1) · 2^level; its value is that of its left half plus that of its right half, or the left
 * one alone where no item is in the right half.
 */
import { addTo } from './vector-math';

const MOST_INDEX = 0xff_ffff;

/** A node as one number of 32 bits. */
export const nodeOf = (level: number, index: number): number => level * (MOST_INDEX + 1) + index;

const levelOf = (node: number): number => node >>> 24;
const indexOf = (node: number): number => node & MOST_INDEX;

/** First item of a node, and the one after its last, of `items`. */
export function coveredBy(node: number, items: number): { start: number; end: number } {
  const size = 2 ** levelOf(node);
  const start = indexOf(node) * size;
  return { start, end: Math.min(items, start + size) };
}

/** The node above. */
export const parentOf = (node: number): number => nodeOf(levelOf(node) + 1, indexOf(node) >>> 1);

/** The other node below the same parent. It covers nothing where it lies beyond the last item. */
export const siblingOf = (node: number): number => nodeOf(levelOf(node), indexOf(node) ^ 1);

/** The node that covers all items. */
export const topOf = (items: number): number => nodeOf(Math.ceil(Math.log2(items)), 0);

/** The two nodes below; right: null where it covers nothing. The node is not an item. */
function halvesOf(node: number, items: number): { left: number; right: number | null } {
  const level = levelOf(node) - 1;
  const left = nodeOf(level, 2 * indexOf(node));
  const right = left + 1;
  return { left, right: coveredBy(right, items).start < items ? right : null };
}

/** The largest nodes of which all items are in a set, in the order of items: what its member sends. */
export function rootsOf(items: number, has: (item: number) => boolean): number[] {
  const roots: number[] = [];
  const visit = (node: number): void => {
    const { start, end } = coveredBy(node, items);
    let count = 0;
    for (let item = start; item < end; item++) if (has(item)) count++;
    if (count === 0) return;
    if (count === end - start) {
      roots.push(node);
      return;
    }
    const { left, right } = halvesOf(node, items);
    visit(left);
    if (right !== null) visit(right);
  };
  if (items > 0) visit(topOf(items));
  return roots;
}

/**
 * Sums nodes that together cover every item once, in the tree's order, into `out`. `values` are not written to.
 * @param value Vector of a node, or undefined where it is the sum of those below.
 */
export function sumNodes(items: number, value: (node: number) => Float32Array | undefined, out: Float32Array): void {
  const visit = (node: number, into: Float32Array): void => {
    const own = value(node);
    if (own) {
      into.set(own);
      return;
    }
    const { left, right } = halvesOf(node, items);
    const first = value(left);
    const second = right === null ? undefined : value(right);
    if (!first) visit(left, into);
    if (right === null) {
      if (first) into.set(first);
      return;
    }
    if (second) {
      addTo(into, first ?? into, second);
      return;
    }
    const other = new Float32Array(into.length);
    visit(right, other);
    addTo(into, first ?? into, other);
  };
  visit(topOf(items), out);
}
