import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import type { NumberFormat } from '../../../../src/peers/compression/codec';
import { float16 } from '../../../../src/peers/compression/formats/float16';
import { int8 } from '../../../../src/peers/compression/formats/int8';

function through(format: NumberFormat, values: Float32Array): Float32Array {
  const bytes = new Uint8Array(format.bytes(values.length));
  format.encode(values, bytes);
  const decoded = new Float32Array(values.length);
  format.decode(bytes, decoded);
  return decoded;
}

/** Numbers of a size, and much smaller ones. */
function numbers(length: number, size: number, seed: number): Float32Array {
  const random = randomStream(seed, 'numbers');
  return Float32Array.from({ length }, () => random.normal() * size * 10 ** -random.integer(6));
}

const SIZES = [1e-44, 1e-38, 1e-20, 1e-5, 1, 1e8, 1e35];
const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('float16', () => {
  it('is off by at most half a digit of a half, whatever the size of all', () => {
    for (const size of SIZES) {
      const values = numbers(1000, size, 1);
      const decoded = through(float16, values);
      const floor = largest(values) * 2 ** -39;
      for (const [i, value] of values.entries()) {
        expect(Math.abs(decoded[i] - value)).toBeLessThanOrEqual(
          Math.max(Math.abs(value) * 2 ** -11, floor, 2 ** -150),
        );
      }
    }
  });

  it('keeps halves as they are, signs of zeros too', () => {
    const exact = Float32Array.from([
      16384,
      1,
      -1,
      0.5,
      2048 + 2,
      2 ** -14,
      2 ** -24,
      -(2 ** -24),
      1023 * 2 ** -24,
      0,
      -0,
    ]);
    expect(Object.is(through(float16, exact).at(-1), -0)).toBe(true);
    expect(through(float16, exact)).toEqual(exact);
  });

  it('rounds to the nearest half, ties to even', () => {
    // With 16384 among them nothing is scaled.
    const values = Float32Array.from([
      16384,
      1 + 1 / 2048,
      1 + 3 / 2048,
      1 + 1 / 2048 + 2 ** -20,
      1.5 * 2 ** -24,
      2 ** -25,
      3 * 2 ** -25,
    ]);
    const expected = [16384, 1, 1 + 2 / 1024, 1 + 1 / 1024, 2 * 2 ** -24, 0, 2 * 2 ** -24];
    expect([...through(float16, values)]).toEqual(expected);
  });

  it('reads every half again as it wrote it', () => {
    const bytes = new Uint8Array(float16.bytes(0x7c00 * 2));
    const halves = new Uint16Array(bytes.buffer, 4);
    for (let i = 0; i < 0x7c00; i++) {
      halves[2 * i] = i;
      halves[2 * i + 1] = i | 0x8000;
    }
    const values = new Float32Array(halves.length);
    float16.decode(bytes, values);
    const some = values.subarray(0, 0x7400);
    expect(Buffer.compare(Buffer.from(through(float16, some).buffer), Buffer.from(some.slice().buffer))).toBe(0);
  });

  it('gives NaN for a scale that nobody writes', () => {
    const bytes = new Uint8Array(float16.bytes(3));
    new DataView(bytes.buffer).setInt32(0, 5000, true);
    const values = new Float32Array(3);
    float16.decode(bytes, values);
    expect([...values]).toEqual([NaN, NaN, NaN]);
  });
});

describe('int8', () => {
  it('is off by at most half a step of its block', () => {
    for (const size of SIZES) {
      const values = numbers(1000, size, 2);
      const decoded = through(int8, values);
      for (let start = 0; start < values.length; start += 256) {
        const block = values.subarray(start, start + 256);
        const step = largest(block) / 127;
        // Below the smallest normal number a scale itself has few digits.
        const most = size < 1e-36 ? step * 127 : step * 0.5001;
        for (const [i, value] of block.entries()) {
          expect(Math.abs(decoded[start + i] - value)).toBeLessThanOrEqual(most);
        }
      }
    }
  });

  it('loses a float32 number exactly: decoded + lost is what was sent', () => {
    for (const size of SIZES) {
      const values = numbers(5000, size, 3);
      const decoded = through(int8, values);
      const lost = values.map((value, i) => value - decoded[i]);
      expect(values.every((value, i) => Math.fround(decoded[i] + lost[i]) === value)).toBe(true);
      // Not by a rounding that happens to fit: the exact difference is the stored one.
      expect(values.every((value, i) => value - decoded[i] === lost[i])).toBe(true);
    }
  });

  it('takes blocks of zeros and parts of blocks', () => {
    expect([...through(int8, new Float32Array(300))]).toEqual(new Array(300).fill(0));
    expect(int8.bytes(257)).toBe(2 * 4 + 257);
    expect(int8.bytes(0)).toBe(0);
  });
});
