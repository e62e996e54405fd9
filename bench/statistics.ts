/** Order statistics of measurements, and tests on them. */
import { normalCdf } from '../src/sweeps/normal';

/** The middle of a sample and its halves. */
export interface Quartiles {
  median: number;
  q25: number;
  q75: number;
}

/** Quartiles, interpolated linearly; NaN for an empty sample. */
export function quartiles(sample: number[]): Quartiles {
  const sorted = [...sample].sort((a, b) => a - b);
  const at = (share: number): number => {
    if (sorted.length === 0) return NaN;
    const place = share * (sorted.length - 1);
    const [low, high] = [Math.floor(place), Math.ceil(place)];
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  };
  return { median: at(0.5), q25: at(0.25), q75: at(0.75) };
}

/**
 * The one-sided Mann–Whitney test: the chance of ranks at least so high for `sample` if it came from where `other` comes from.
 * Small where the numbers of `sample` are larger. Normal approximation, corrected for ties and continuity; NaN where either
 * sample is empty, 1 where all numbers are equal.
 */
export function mannWhitney(sample: readonly number[], other: readonly number[]): number {
  const [n, m] = [sample.length, other.length];
  const all = [...sample, ...other].sort((a, b) => a - b);
  const rankOf = new Map<number, number>();
  let ties = 0;
  for (let start = 0, end = 0; start < all.length; start = end) {
    while (end < all.length && all[end] === all[start]) end++;
    // Equal numbers share the mean of their ranks.
    rankOf.set(all[start], (start + 1 + end) / 2);
    ties += (end - start) ** 3 - (end - start);
  }
  const u = sample.reduce((sum, value) => sum + (rankOf.get(value) ?? NaN), 0) - (n * (n + 1)) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1))));
  if (deviation === 0) return 1;
  return normalCdf(((n * m) / 2 + 0.5 - u) / deviation);
}

/**
 * The mean of ratios, geometric, so that the same ratio the other way round cancels it, and its standard error: both as
 * factors. An error of 0.02 says that the true mean lies within 2 % in two of three cases. NaN for less than two ratios.
 */
export function meanRatio(ratios: readonly number[]): { mean: number; error: number } {
  const logs = ratios.map(Math.log);
  const n = logs.length;
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (n - 1);
  return { mean: Math.exp(mean), error: n < 2 ? NaN : Math.sqrt(variance / n) };
}
