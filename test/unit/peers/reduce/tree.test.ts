import { expect, it } from 'vitest';
import { coveredBy, nodeOf, rootsOf, sumNodes, topOf } from '../../../../src/peers/reduce/tree';

it('names the largest nodes of a set, complete at the ragged end too', () => {
  const range =
    (start: number, end: number) =>
    (item: number): boolean =>
      start <= item && item < end;
  expect(rootsOf(8, range(0, 8))).toEqual([nodeOf(3, 0)]);
  expect(rootsOf(8, range(0, 3))).toEqual([nodeOf(1, 0), nodeOf(0, 2)]);
  expect(rootsOf(8, range(3, 6))).toEqual([nodeOf(0, 3), nodeOf(1, 2)]);
  expect(rootsOf(6, range(4, 6))).toEqual([nodeOf(2, 1)]);
  expect(rootsOf(5, range(4, 5))).toEqual([nodeOf(2, 1)]);
  expect(rootsOf(1, range(0, 1))).toEqual([nodeOf(0, 0)]);
  expect(rootsOf(8, () => false)).toEqual([]);
});

it('covers every item once by the roots of a set and of the others', () => {
  for (let items = 1; items <= 9; items++) {
    expect(coveredBy(topOf(items), items)).toEqual({ start: 0, end: items });
    for (let set = 0; set < 2 ** items; set++) {
      const has = (item: number): boolean => ((set >>> item) & 1) === 1;
      const all = [...rootsOf(items, has), ...rootsOf(items, (item) => !has(item))];
      const covered = all.flatMap((node) => {
        const { start, end } = coveredBy(node, items);
        return Array.from({ length: end - start }, (_, i) => start + i);
      });
      expect(covered.sort((a, b) => a - b)).toEqual(Array.from({ length: items }, (_, i) => i));
    }
  }
});

it('leaves the vectors of nodes as they are', () => {
  const items = [1, 2, 3].map((value) => Float32Array.of(value));
  const out = new Float32Array(1);
  sumNodes(3, (node) => (node < 3 ? items[node] : undefined), out);
  expect([...out, ...items.map(([value]) => value)]).toEqual([6, 1, 2, 3]);
});
