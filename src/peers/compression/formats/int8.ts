/**
 * Whole numbers from -127 to 127 in blocks of 256, each with a scale: its largest number over 127. Rounded to nearest.
 *
 * Bytes: a float32 scale for each block, then a byte a number. What a number loses, `value - decoded`, is a float32 number
 * exactly: a decoded number is 0 or lies within a factor of two of its own (Sterbenz, Floating-Point Computation, 1974).
 */
import { BLOCK } from '../../reduce/layout';
import type { NumberFormat } from '../codec';

const MOST = 127;
/** Adding it to a float64 number below 2^51 rounds that to an integer, ties to even. */
const ROUND = 1.5 * 2 ** 52;

const blocksOf = (length: number): number => Math.ceil(length / BLOCK);

export const int8: NumberFormat = {
  // Far enough from the largest float32 number that no rounding of a scale reaches infinity.
  limit: 2 ** 120,
  plain: false,
  bytes: (length) => 4 * blocksOf(length) + length,

  encode(values, into) {
    const blocks = blocksOf(values.length);
    const scales = new Float32Array(into.buffer, into.byteOffset, blocks);
    const codes = new Int8Array(into.buffer, into.byteOffset + 4 * blocks, values.length);
    for (let block = 0; block < blocks; block++) {
      const start = block * BLOCK;
      const end = Math.min(values.length, start + BLOCK);
      let most = 0;
      for (let i = start; i < end; i++) {
        const size = Math.abs(values[i]);
        if (size > most) most = size;
      }
      scales[block] = most / MOST;
      // Of the scale as it travels. It is 0 where the numbers are too small to divide: then they are all left over.
      const scale = scales[block];
      const inverse = scale === 0 ? 0 : 1 / scale;
      for (let i = start; i < end; i++) {
        const code = values[i] * inverse + ROUND - ROUND;
        // A scale with few digits (below 2^-126) may be rounded down by more than a step.
        codes[i] = code > MOST ? MOST : code < -MOST ? -MOST : code;
      }
    }
  },

  decode(bytes, into) {
    const blocks = blocksOf(into.length);
    const scales = new Float32Array(bytes.buffer, bytes.byteOffset, blocks);
    const codes = new Int8Array(bytes.buffer, bytes.byteOffset + 4 * blocks, into.length);
    for (let block = 0; block < blocks; block++) {
      const scale = scales[block];
      const end = Math.min(into.length, (block + 1) * BLOCK);
      for (let i = block * BLOCK; i < end; i++) into[i] = codes[i] * scale;
    }
  },
};
