/**
 * Halves (IEEE 754 binary16), rounded to nearest, ties to even. All numbers of a message are first multiplied by one power of
 * two, so that the largest lies just below 2^15: nothing overflows, and small gradients keep their digits.
 *
 * Bytes: the exponent of that power (i32), then a half each.
 */
import type { NumberFormat } from '../codec';

const HEAD = 4;
/** Exponent that the largest number has after scaling. */
const TOP = 14;
const MOST_EXPONENT = 200;

/** 2^exponent, exactly: the bits of a float64, as a power in JavaScript may be off by a last digit. */
function powerOfTwo(exponent: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, (exponent + 1023) << 20);
  return view.getFloat64(0);
}

/** Exponent of the leading bit of a positive number. */
function exponentOf(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** What each half stands for. */
const HALVES = Float32Array.from({ length: 0x1_0000 }, (_, bits) => {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  const size =
    exponent === 31
      ? fraction === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits >>> 15 ? -size : size;
});

const scratch = new Float32Array(4096);
const scratchBits = new Int32Array(scratch.buffer);

function largest(values: Float32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > most) most = size;
  }
  return most;
}

export const float16: NumberFormat = {
  // Far above any gradient, and far enough from the largest float32 number that no rounding reaches infinity.
  limit: 2 ** 120,
  plain: false,
  bytes: (length) => HEAD + 2 * length,

  encode(values, into) {
    const most = largest(values);
    const exponent = most === 0 ? 0 : TOP - exponentOf(most);
    const factor = powerOfTwo(exponent);
    new DataView(into.buffer, into.byteOffset).setInt32(0, exponent, true);
    const halves = new Uint16Array(into.buffer, into.byteOffset + HEAD, values.length);
    for (let from = 0; from < values.length; from += scratch.length) {
      const count = Math.min(scratch.length, values.length - from);
      for (let i = 0; i < count; i++) scratch[i] = values[from + i] * factor;
      for (let i = 0; i < count; i++) {
        const bits = scratchBits[i];
        const sign = (bits >>> 16) & 0x8000;
        const size = bits & 0x7fff_ffff;
        if (size >= 0x3880_0000) {
          // From 2^-14 on: the exponent is shifted over, and 13 digits are rounded off, ties to even.
          halves[from + i] = sign | ((size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
        } else {
          // Below: multiples of 2^-24. Adding 2^-1 (whose last digit that is) rounds, and leaves them in the low bits.
          scratch[i] = Math.abs(scratch[i]) + 0.5;
          halves[from + i] = sign | (scratchBits[i] - 0x3f00_0000);
        }
      }
    }
  },

  decode(bytes, into) {
    const exponent = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
    if (Math.abs(exponent) > MOST_EXPONENT) {
      into.fill(NaN);
      return;
    }
    const factor = powerOfTwo(-exponent);
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset + HEAD, into.length);
    for (let i = 0; i < into.length; i++) into[i] = HALVES[halves[i]] * factor;
  },
};
