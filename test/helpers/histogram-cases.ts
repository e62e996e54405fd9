/** Numbers of all kinds to be binned, and how many belong in each bin, counted by their definition. */
import { randomStream } from '../../src/base/random';

const random = randomStream(11, 'histogram');
const normal = (length: number, scale = 1, shift = 0): Float32Array =>
  Float32Array.from({ length }, () => scale * random.normal() + shift);

/** By what is special about them. */
export const HISTOGRAM_CASES: Record<string, Float32Array> = {
  'one number': Float32Array.of(-3.25),
  'two numbers': Float32Array.of(1, 2),
  'a constant': new Float32Array(131).fill(0.1),
  zeros: new Float32Array(64),
  'an odd length': normal(8191),
  'several workgroups': normal(8192 * 3 + 17, 0.02),
  'whole numbers, which lie on edges': Float32Array.from({ length: 1000 }, (_, i) => i % 65),
  'numbers far from zero': normal(777, 1e-3, 4096),
  'huge numbers': normal(901, 1e37),
  'tiny numbers': normal(333, 1e-30),
  'numbers that are none among others': Float32Array.of(NaN, 1, Infinity, -2, -Infinity, 0.5, NaN),
};

/** The counts of 64 bins of one width, by the definition and in float64. */
export function countsOf(values: Float32Array, edges: ArrayLike<number>): number[] {
  return Array.from(
    { length: 64 },
    (_, bin) =>
      values.filter((value) =>
        bin < 63 ? value >= edges[bin] && value < edges[bin + 1] : value >= edges[bin] && value <= edges[64],
      ).length,
  );
}
