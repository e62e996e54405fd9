import { describe, expect, it } from 'vitest';
import { mannWhitney, quartiles } from '../../../bench/statistics';

it('interpolates quartiles, whatever the order', () => {
  expect(quartiles([4, 1, 3, 2, 5])).toEqual({ median: 3, q25: 2, q75: 4 });
  expect(quartiles([1, 2])).toEqual({ median: 1.5, q25: 1.25, q75: 1.75 });
  expect(quartiles([])).toEqual({ median: NaN, q25: NaN, q75: NaN });
});

describe('mannWhitney', () => {
  const a = [1, 2, 2, 3, 5, 8, 9, 9];
  const b = [1, 1, 2, 4, 4, 6, 7];

  // scipy.stats.mannwhitneyu(…, alternative='greater', method='asymptotic')
  it('says what scipy says, ties and all', () => {
    expect(mannWhitney(a, b)).toBeCloseTo(0.22391537021982166, 12);
    expect(mannWhitney(b, a)).toBeCloseTo(0.8094336903311989, 12);
  });

  it('is small for larger numbers, infinite ones too', () => {
    const low = Array.from({ length: 50 }, (_, i) => i);
    const high = [...low.map((value) => value + 40), Infinity];
    expect(mannWhitney(high, low)).toBeLessThan(1e-9);
    expect(mannWhitney(low, high)).toBeGreaterThan(0.999);
  });

  it('has no opinion of equal numbers, and none of nothing', () => {
    expect(mannWhitney([1, 1], [1, 1, 1])).toBe(1);
    expect(mannWhitney([], [1])).toBeNaN();
  });
});
