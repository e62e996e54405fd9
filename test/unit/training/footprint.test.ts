import { expect, test } from 'vitest';
import { batchesNeed, largestFitting, linear, type Footprint } from '../../../src/training/footprint';

const footprint: Footprint = {
  held: 1000,
  pass: { fixed: 100, perExample: 10 },
  evaluation: { fixed: 50, perExample: 2 },
  largest: { fixed: 0, perExample: 4 },
};

test('a line through two sizes', () => {
  expect(linear(8, 180, 260)).toEqual({ fixed: 100, perExample: 10 });
  // What does not grow, or grows faster than the examples, is not carried below zero.
  expect(linear(8, 300, 280)).toEqual({ fixed: 300, perExample: 0 });
  expect(linear(8, 10, 100).fixed).toBe(0);
});

test('every size of batch is counted once: whole ones, the last of an epoch, and those of evaluations', () => {
  const need = (batch: number, train: number, evaluated: number[], accumulation = 1): number =>
    batchesNeed(footprint, batch, { train, evaluated, accumulation });
  expect(need(8, 16, [])).toBe(1000 + 180);
  expect(need(8, 19, [])).toBe(1000 + 180 + 130);
  // Smaller than a batch: there is one of that size.
  expect(need(8, 5, [])).toBe(1000 + 150);
  // Validation of 40 in batches of 16, the last of 8; test of 3.
  expect(need(8, 16, [40, 3, 0])).toBe(1000 + 180 + 82 + 66 + 56);
  // Updates of 16: first and further batches of 8; the last update has 8 and 3.
  expect(need(8, 27, [], 2)).toBe(1000 + 180 + 180 + 130);
  expect(need(8, 19, [], 2)).toBe(1000 + 180 + 130 + 180);
});

test('the largest power of two that keeps every limit', () => {
  const lengths = { train: 1024, evaluated: [], accumulation: 1 };
  const find = (bytes: number, buffer: number, most = 1024): number =>
    largestFitting(footprint, { bytes, buffer }, lengths, most);
  expect(find(1000 + 100 + 640, Infinity)).toBe(64);
  expect(find(1000 + 100 + 639, Infinity)).toBe(32);
  expect(find(Infinity, 4 * 128)).toBe(128);
  expect(find(Infinity, Infinity)).toBe(1024);
  expect(find(0, 0)).toBe(1);
});
