/** Histograms of numbers: bins of equal width between the least and the largest, as TensorBoard shows them. */

/** Bins of a histogram. */
export const BINS = 64;

/** Distribution of the finite ones among some float32 numbers. */
export interface BinnedNumbers {
  /** Ascending, one more than there are bins: `counts[i]` numbers lie in `[edges[i], edges[i + 1])`, the last bin closed. */
  edges: Float64Array;
  counts: Float64Array;
  min: number;
  max: number;
  /** Finite numbers. */
  count: number;
  sum: number;
  sum_squares: number;
  /** NaN and infinities: they are in no bin. */
  left_out: number;
}

/** Edges of bins between two numbers; where they are equal, of bins around them. */
export function binEdges(min: number, max: number): Float64Array {
  const half = Math.max(0.5, Math.abs(min) * 2 ** -20);
  const [first, last] = min < max ? [min, max] : [min - half, min + half];
  return Float64Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? last : first + (i / BINS) * (last - first)));
}

/**
 * The edges that part bins, as the least float32 that is not below each: a float32 is below an edge exactly where it is
 * below that one, so that a device that compares float32 counts as one that compares float64.
 */
export function innerEdges(edges: Float64Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(edges.subarray(1, BINS), notBelow);
}

const number = new Float32Array(1);
const bits = new Int32Array(number.buffer);

/** The least float32 that is not below `value`. */
function notBelow(value: number): number {
  number[0] = value;
  if (number[0] >= value) return number[0];
  // The bits of positive numbers ascend with them, those of negative ones descend.
  if (number[0] === 0) return 2 ** -149;
  bits[0] += number[0] > 0 ? 1 : -1;
  return number[0];
}

/** Number of the bin of a value: as many as there are inner edges that are not above it. */
function binOf(inner: Float32Array, value: number): number {
  let bin = 0;
  for (let step = BINS / 2; step >= 1; step /= 2) if (value >= inner[bin + step - 1]) bin += step;
  return bin;
}

/** The histogram of numbers at hand. */
export function binNumbers(values: Float32Array): BinnedNumbers | null {
  let [min, max] = [Infinity, -Infinity];
  let [count, sum, sum_squares] = [0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    count++;
    sum += value;
    sum_squares += value * value;
  }
  if (count === 0) return null;
  const edges = binEdges(min, max);
  const inner = innerEdges(edges);
  const counts = new Float64Array(BINS);
  for (const value of values) if (Number.isFinite(value)) counts[binOf(inner, value)]++;
  return { edges, counts, min, max, count, sum, sum_squares, left_out: values.length - count };
}
