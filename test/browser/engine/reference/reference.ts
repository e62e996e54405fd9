/** Ops in float64 with their gradients, and the check that those are the differences of the op. */
import { expect } from 'vitest';
import type { Sums } from './terms';

/** An op in float64: its output, and the gradients of `Σ output · cotangent` in each input. */
export type Reference = (
  inputs: ArrayLike<number>[],
  cotangent: (length: number) => ArrayLike<number>,
) => { y: Sums; gradients: Sums[] };

/** Expects the gradients of a reference to be its central differences. */
export function expectDifferences(
  reference: Reference,
  inputs: ArrayLike<number>[],
  cotangent: ArrayLike<number>,
): void {
  const step = 1e-5;
  const values = inputs.map((numbers) => Float64Array.from(numbers));
  const { gradients } = reference(values, () => cotangent);
  const lossAt = (input: number, at: number, change: number): number => {
    const moved = values.map((numbers, i) => (i === input ? numbers.with(at, numbers[at] + change) : numbers));
    return reference(moved, () => cotangent).y.values.reduce((sum, value, i) => sum + value * cotangent[i], 0);
  };
  values.forEach((numbers, input) => {
    numbers.forEach((_, at) => {
      const slope = (lossAt(input, at, step) - lossAt(input, at, -step)) / (2 * step);
      expect(gradients[input].values[at]).toBeCloseTo(slope, 6);
    });
  });
}
