import { expect, it } from 'vitest';
import { smooth } from '../../../src/ui/smoothing';

it('leaves a constant as it is, from the first point on', () => {
  expect([...smooth([2, 2, 2, 2], 0.9)].every((value) => Math.abs(value - 2) < 1e-12)).toBe(true);
});

it('is the debiased moving average', () => {
  // m₁ = 0.5·1 / 0.5 = 1; m₂ = (0.5·0.5 + 0.5·3) / 0.75
  const [first, second] = smooth([1, 3], 0.5);
  expect(first).toBeCloseTo(1, 12);
  expect(second).toBeCloseTo(1.75 / 0.75, 12);
});

it('does nothing with a weight of zero, and steps over what is not finite', () => {
  expect([...smooth([1, 5, 2], 0)]).toEqual([1, 5, 2]);
  const out = smooth([1, NaN, 1, Infinity, 1], 0.8);
  expect(out[1]).toBeNaN();
  expect(out[3]).toBe(Infinity);
  expect(out[4]).toBeCloseTo(1, 12);
});
