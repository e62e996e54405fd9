import { expect, it } from 'vitest';
import { normalCdf } from '../../../src/base/normal';

/** From scipy.stats.norm.cdf. */
const REFERENCE: [z: number, p: number][] = [
  [-20, 2.7536241186061556e-89],
  [-8, 6.22096057427174e-16],
  [-5, 2.866515718791933e-7],
  [-3.5, 0.00023262907903552502],
  [-3, 0.0013498980316300933],
  [-2.9, 0.0018658133003840375],
  [-2.828, 0.00234199032682247],
  [-2, 0.022750131948179195],
  [-1, 0.15865525393145707],
  [-0.1, 0.460172162722971],
  [0, 0.5],
  [0.5, 0.6914624612740131],
  [2, 0.9772498680518208],
  [5, 0.9999997133484281],
  [9, 1],
];

it.each(REFERENCE)('gives the chance of at most %d', (z, p) => {
  expect(Math.abs(normalCdf(z) / p - 1)).toBeLessThan(1e-13);
});

it('ends at 0 and 1', () => {
  expect(normalCdf(-Infinity)).toBe(0);
  expect(normalCdf(Infinity)).toBe(1);
  expect(normalCdf(-60)).toBe(0);
});
