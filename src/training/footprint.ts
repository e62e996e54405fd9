/** How the memory of a run grows with the examples of a step. */

/** `fixed + perExample · n` bytes. */
export interface Linear {
  fixed: number;
  perExample: number;
}

/** Bytes on the device. */
export interface Footprint {
  /** Whatever the batch: weights, gradients, optimizer state. */
  held: number;
  /** Of a recording of forward and backward. */
  pass: Linear;
  /** Of a recording of an evaluation. */
  evaluation: Linear;
  /** Of the largest single buffer of either. */
  largest: Linear;
}

/** How many examples there are to be dealt into batches. */
export interface Lengths {
  train: number;
  /** Each split that is evaluated, in batches twice as large as those of training. */
  evaluated: number[];
  /** Batches of an update. */
  accumulation: number;
}

/** The line through `once` bytes for `n` examples and `twice` for `2n`; it neither falls nor starts below zero. */
export function linear(n: number, once: number, twice: number): Linear {
  const perExample = Math.max(0, (twice - once) / n);
  return { fixed: Math.max(0, once - perExample * n), perExample };
}

const at = ({ fixed, perExample }: Linear, n: number): number => fixed + perExample * n;

/**
 * Bytes of a run with `batchSize`. Every size of batch has a recording of its own, which keeps its memory: the last of an
 * epoch is often smaller, and those that are added to the first of an update are recorded apart.
 */
export function batchesNeed({ held, pass, evaluation }: Footprint, batchSize: number, lengths: Lengths): number {
  const { train, evaluated, accumulation } = lengths;
  const [first, further] = [new Set<number>(), new Set<number>()];
  const update = batchSize * accumulation;
  for (const examples of [Math.min(train, update), train % update]) {
    for (let start = 0; start < examples; start += batchSize) {
      (start === 0 ? first : further).add(Math.min(batchSize, examples - start));
    }
  }
  const large = 2 * batchSize;
  const sizes = new Set(evaluated.flatMap((length) => [Math.min(length, large), length % large]));
  sizes.delete(0);
  const total = (line: Linear, all: Iterable<number>): number => [...all].reduce((sum, n) => sum + at(line, n), 0);
  return held + total(pass, first) + total(pass, further) + total(evaluation, sizes);
}

/** The largest power of two, from 1 to `most`, that keeps both limits (in bytes): of all memory, and of one buffer. */
export function largestFitting(
  footprint: Footprint,
  limits: { bytes: number; buffer: number },
  lengths: Lengths,
  most: number,
): number {
  let size = 1;
  while (
    2 * size <= most &&
    batchesNeed(footprint, 2 * size, lengths) <= limits.bytes &&
    at(footprint.largest, 2 * size) <= limits.buffer
  ) {
    size *= 2;
  }
  return size;
}
