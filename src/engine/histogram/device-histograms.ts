/**
 * Histograms of numbers on the WebGPU device, which stay there: extremes come back, then counts of bins between them, for
 * all that is asked for at once.
 */
import { binCounts } from '../kernels/bin-counts';
import { EXTREMES, extremes, histogramGroups } from '../kernels/extremes';
import type { Kernel } from '../kernel';
import type { BufferRange, LatheBackend } from '../webgpu-backend';
import { binEdges, BINS, innerEdges, type BinnedNumbers } from './bins';

/** Where ranges may begin. */
const ALIGNMENT = 256;

/** Words of a workgroup's row of counts: the bins, and two sums. */
const ROW = BINS + 2;

/**
 * The distribution of the float32 numbers in each range as they are behind everything queued so far; null where none of them
 * is finite. No range is empty.
 */
export async function deviceHistograms(
  backend: LatheBackend,
  ranges: readonly BufferRange[],
): Promise<(BinnedNumbers | null)[]> {
  const found = (await gather(backend, ranges, extremes, EXTREMES)).map(extremesOf);
  const binned = ranges.flatMap((range, i) => (found[i].count > 0 ? [{ range, ...limitsOf(found[i]) }] : []));
  const edges = place(
    backend,
    binned.map(() => 4 * BINS),
  );
  binned.forEach(({ inner, scale }, i) => backend.upload(edges.ranges[i], Float32Array.of(...inner, scale)));
  const rows = await gather(
    backend,
    binned.map(({ range }) => range),
    (length) => binCounts(length, BINS),
    ROW,
    edges.ranges,
  );
  edges.free();
  let next = 0;
  return ranges.map(({ size }, i) => {
    const { count, min, max } = found[i];
    if (count === 0) return null;
    const { edges: own, scale } = binned[next];
    return { edges: own, ...added(rows[next++], scale), min, max, count, left_out: size / 4 - count };
  });
}

/** Runs a kernel over each range; it leaves `width` words of each of its workgroups. */
async function gather(
  backend: LatheBackend,
  ranges: readonly BufferRange[],
  kernel: (length: number) => Kernel,
  width: number,
  further: readonly BufferRange[] = [],
): Promise<Uint32Array[]> {
  if (ranges.length === 0) return [];
  const results = place(
    backend,
    ranges.map(({ size }) => 4 * width * histogramGroups(size / 4)),
  );
  ranges.forEach((range, i) =>
    backend.run(kernel(range.size / 4), [range, ...further.slice(i, i + 1), results.ranges[i]]),
  );
  const reading = backend.readRanges(results.ranges);
  // Whoever takes the buffer next queues behind the read.
  results.free();
  return (await reading).map((bytes) => new Uint32Array(bytes));
}

/** Ranges of these sizes in one buffer. */
function place(backend: LatheBackend, sizes: readonly number[]): { ranges: BufferRange[]; free: () => void } {
  if (sizes.length === 0) return { ranges: [], free: () => undefined };
  let end = 0;
  const offsets = sizes.map((size) => {
    const offset = end;
    end += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    return offset;
  });
  const buffer = backend.buffer(end, 'workspace');
  return {
    ranges: sizes.map((size, i) => ({ buffer, offset: offsets[i], size })),
    free: () => backend.free(buffer),
  };
}

interface Extremes {
  min: number;
  max: number;
  count: number;
}

function extremesOf(words: Uint32Array): Extremes {
  const numbers = new Float32Array(words.buffer);
  const found: Extremes = { min: Infinity, max: -Infinity, count: 0 };
  for (let at = 0; at < words.length; at += EXTREMES) {
    if (words[at + 2] === 0) continue;
    found.min = Math.min(found.min, numbers[at]);
    found.max = Math.max(found.max, numbers[at + 1]);
    found.count += words[at + 2];
  }
  return found;
}

/** Edges of bins; and a power of two that brings the numbers into −1 … 1, so that scaling loses nothing. */
function limitsOf({ min, max }: Extremes): { edges: Float64Array; inner: Float32Array; scale: number } {
  const edges = binEdges(min, max);
  const largest = Math.max(Math.abs(min), Math.abs(max));
  const exponent = largest > 0 ? -Math.ceil(Math.log2(largest)) : 0;
  return { edges, inner: innerEdges(edges), scale: 2 ** Math.max(-126, Math.min(126, exponent)) };
}

function added(words: Uint32Array, scale: number): Pick<BinnedNumbers, 'counts' | 'sum' | 'sum_squares'> {
  const numbers = new Float32Array(words.buffer);
  const counts = new Float64Array(BINS);
  let [sum, squares] = [0, 0];
  for (let at = 0; at < words.length; at += ROW) {
    for (let bin = 0; bin < BINS; bin++) counts[bin] += words[at + bin];
    sum += numbers[at + BINS];
    squares += numbers[at + BINS + 1];
  }
  return { counts, sum: sum / scale, sum_squares: squares / scale / scale };
}
