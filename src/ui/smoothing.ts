/**
 * Debiased exponential moving average, as TensorBoard and W&B smooth curves: `m ← w·m + (1 − w)·x`, divided by
 * `1 − wⁿ` so that the first points are not pulled towards zero. Values that are not finite pass through unsmoothed.
 */
export function smooth(values: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let mean = 0;
  let debias = 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    mean = weight * mean + (1 - weight) * value;
    debias *= weight;
    out[i] = debias === 1 ? value : mean / (1 - debias);
  }
  return out;
}

/** Curves with fewer points are evaluations, not noise: smoothed, they would only lag behind the truth. */
export const SMOOTHED_FROM = 120;
