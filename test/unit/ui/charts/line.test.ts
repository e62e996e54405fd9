import { describe, expect, it } from 'vitest';
import { MAX_POINTS, align, thin, valueAt, type Line } from '../../../../src/ui/charts/line';

const line = (steps: number[], values: number[]): Line => ({ label: 'a', color: 'red', steps, values });

describe('thin', () => {
  const n = 100_000;
  const steps = Array.from({ length: n }, (_, i) => i);
  const values = Array.from({ length: n }, (_, i) => Math.sin(i / 500));
  values[54_321] = 99;
  values[54_322] = -99;
  const thinned = thin(steps, values);

  it('keeps no more points than a screen can show', () =>
    expect(thinned.steps.length).toBeLessThanOrEqual(MAX_POINTS + 1));

  it('loses no spike, and keeps the order and the last step', () => {
    expect(Math.max(...Array.from(thinned.values))).toBe(99);
    expect(Math.min(...Array.from(thinned.values))).toBe(-99);
    const kept = Array.from(thinned.steps);
    expect(kept).toEqual(kept.toSorted((a, b) => a - b));
    expect(kept.at(-1)).toBe(n - 1);
  });

  it('leaves short lines alone', () => {
    const short = thin([1, 2], [3, 4]);
    expect([short.steps, short.values]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe('align', () => {
  it('puts lines over the union of their steps', () => {
    expect(align([line([1, 2, 3], [10, 20, 30]), line([2, 4], [5, 6])])).toEqual([
      [1, 2, 3, 4],
      [10, 20, 30, null],
      [null, 5, null, 6],
    ]);
  });

  it('makes gaps of what is not finite and, on a logarithmic axis, of what is not positive', () => {
    const lines = [line([1, 2, 3, 4], [1, NaN, 0, Infinity])];
    expect(align(lines)[1]).toEqual([1, null, 0, null]);
    expect(align(lines, true)[1]).toEqual([1, null, null, null]);
  });

  it('takes nothing at all', () => expect(align([])).toEqual([[]]));
});

it('finds the value at the nearest step', () => {
  const points = line([10, 20, 40], [1, 2, 4]);
  expect([0, 10, 14, 16, 29, 31, 99].map((step) => valueAt(points, step))).toEqual([1, 1, 1, 2, 2, 4, 4]);
  expect(valueAt(line([], []), 3)).toBeNull();
});
