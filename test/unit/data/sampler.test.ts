import { expect, it } from 'vitest';
import { epochOrder } from '../../../src/data/sampler';

const indices = Uint32Array.from({ length: 10 }, (_, i) => i + 100);

it('shuffles by seed and epoch alone', () => {
  const order = epochOrder(indices, 5, 2);
  expect([...order].sort()).toEqual([...indices]);
  expect(order).toEqual(epochOrder(indices, 5, 2));
  expect(order).not.toEqual(epochOrder(indices, 5, 3));
  expect(order).not.toEqual(epochOrder(indices, 6, 2));
  expect([...indices]).toEqual([...indices].sort());
});
