/**
 * Sums of products in float64, with the magnitudes of their terms: what a kernel's rounding may be measured by. A dot
 * product of n terms in float32 is off by up to n · 6e-8 of the sum of its terms' magnitudes, and mostly far less.
 */
import { expect } from 'vitest';

/** Exact results, and for each the sum of the magnitudes of its terms. */
export interface Sums {
  values: Float64Array;
  magnitudes: Float64Array;
}

/** Sums that start at 0. */
export const sums = (length: number): Sums => ({
  values: new Float64Array(length),
  magnitudes: new Float64Array(length),
});

/** Adds one term. */
export function term(to: Sums, at: number, value: number): void {
  to.values[at] += value;
  to.magnitudes[at] += Math.abs(value);
}

/** Expects every number within `tolerance` of the magnitudes of its terms. */
export function expectWithin(actual: ArrayLike<number>, expected: Sums, tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.values.length);
  let worst = 0;
  let at = -1;
  expected.values.forEach((value, i) => {
    const off = Math.abs(actual[i] - value) / (expected.magnitudes[i] || 1e-30);
    // What is 0 by its terms must be 0; NaN is never within.
    const share = actual[i] === value ? 0 : Number.isNaN(off) ? Infinity : off;
    if (share > worst) [worst, at] = [share, i];
  });
  const text = at < 0 ? '' : `number ${at} is ${actual[at]}, but should be ${expected.values[at]}`;
  expect(worst, text).toBeLessThanOrEqual(tolerance);
}
