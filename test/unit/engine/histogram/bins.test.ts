import { describe, expect, test } from 'vitest';
import { binEdges, binNumbers, innerEdges } from '../../../../src/engine/histogram/bins';
import { countsOf, HISTOGRAM_CASES } from '../../../helpers/histogram-cases';

describe.each(Object.entries(HISTOGRAM_CASES))('%s', (_name, values) => {
  const finite = values.filter(Number.isFinite);
  const binned = binNumbers(values)!;

  test('lie in bins of one width between the least and the largest', () => {
    const { edges, min, max } = binned;
    expect([min, max]).toEqual([Math.min(...finite), Math.max(...finite)]);
    if (min < max) expect([edges[0], edges[64]]).toEqual([min, max]);
    else expect(edges[0] < min && max < edges[64]).toBe(true);
    const width = (edges[64] - edges[0]) / 64;
    for (let i = 0; i < 64; i++) expect((edges[i + 1] - edges[i]) / width).toBeCloseTo(1, 6);
  });

  test('are counted where they belong', () => {
    expect([...binned.counts]).toEqual(countsOf(values, binned.edges));
    expect(binned.counts.reduce((sum, count) => sum + count, 0)).toBe(finite.length);
    expect(binned.count).toBe(finite.length);
    expect(binned.left_out).toBe(values.length - finite.length);
  });

  test('have their sums', () => {
    const sum = finite.reduce((total, value) => total + value, 0);
    expect(binned.sum).toBe(sum);
    expect(binned.sum_squares).toBe([...finite].reduce((total, value) => total + value * value, 0));
  });
});

test('numbers of which none is one have no histogram', () => {
  expect(binNumbers(Float32Array.of(NaN, Infinity))).toBeNull();
  expect(binNumbers(new Float32Array())).toBeNull();
});

test('a float32 is below an inner edge exactly where it is below the edge itself', () => {
  const next = (value: number, by: number): number => {
    const bits = new Int32Array(Float32Array.of(value).buffer);
    bits[0] += by;
    return new Float32Array(bits.buffer)[0];
  };
  for (const [min, max] of [
    [-1, 2],
    [0.1, 0.7],
    [-5e-40, 3e-38],
    [-3e38, 3e38],
  ]) {
    const edges = binEdges(Math.fround(min), Math.fround(max));
    innerEdges(edges).forEach((inner, i) => {
      const edge = edges[i + 1];
      expect(inner >= edge).toBe(true);
      if (inner !== 0) expect(next(inner, inner > 0 ? -1 : 1) < edge).toBe(true);
    });
  }
});
