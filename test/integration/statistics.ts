/** Statistics of the comparisons with other programs. */

/**
 * The chance of values as large as `ours` if both were drawn alike: the one-sided Mann–Whitney test, by its normal
 * approximation with corrections for ties and continuity (as `scipy.stats.mannwhitneyu(ours, theirs, 'greater',
 * method='asymptotic')`). Small where ours are larger than theirs.
 */
export function mannWhitneyGreater(ours: readonly number[], theirs: readonly number[]): number {
  const all = [...ours, ...theirs].sort((a, b) => a - b);
  const total = all.length;
  const rank = (value: number): number => (all.indexOf(value) + all.lastIndexOf(value)) / 2 + 1;
  const rankSum = ours.reduce((sum, value) => sum + rank(value), 0);
  const u = rankSum - (ours.length * (ours.length + 1)) / 2;
  const tied = [...new Set(all)].reduce((sum, value) => {
    const count = all.lastIndexOf(value) - all.indexOf(value) + 1;
    return sum + count ** 3 - count;
  }, 0);
  const pairs = ours.length * theirs.length;
  const variance = (pairs / 12) * (total + 1 - tied / (total * (total - 1)));
  return variance === 0 ? 1 : upperTail((u - pairs / 2 - 0.5) / Math.sqrt(variance));
}

/** The middle of `values`. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** P(Z > z) of a standard normal, within 1e-7 (Abramowitz & Stegun 26.2.17). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429].reduceRight(
    (sum, coefficient) => (sum + coefficient) * t,
    0,
  );
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
