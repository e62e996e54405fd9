import { expect, it } from 'vitest';
import { lanesOf } from '../../../../../../src/ui/pages/sweep/charts/lanes';

it('bars that follow one another share a lane', () => {
  expect(lanesOf([0, 1, 2].map((from) => ({ from, to: from + 1 })))).toEqual([1, 1, 1]);
});

it('bars that overlap lie side by side, in the first lane that is free', () => {
  const bars = [
    { from: 0, to: 5 },
    { from: 1, to: 2 },
    { from: 1.5, to: 6 },
    { from: 2, to: 3 },
    { from: 5, to: 7 },
  ];
  expect(lanesOf(bars)).toEqual([1, 2, 3, 2, 1]);
});

it('thousands at the same time need no more lanes than can be told apart', () => {
  const lanes = lanesOf(Array.from({ length: 5000 }, (_, k) => ({ from: 0, to: k + 1 })));
  expect(Math.max(...lanes)).toBe(64);
  expect(lanesOf([])).toEqual([]);
});
