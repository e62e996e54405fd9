import { describe, expect, it } from 'vitest';
import { MOST_DIMENSIONS, sobol } from '../../../../../src/sweeps/samplers/qmc/sobol';

describe('sobol', () => {
  // scipy.stats.qmc.Sobol(4, scramble=False).random(8)
  it('begins as scipy’s sequence does', () => {
    const points = Array.from({ length: 8 }, (_, index) => [0, 1, 2, 3].map((dimension) => sobol(index, dimension)));
    expect(points).toEqual([
      [0, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25, 0.25],
      [0.25, 0.75, 0.75, 0.75],
      [0.375, 0.375, 0.625, 0.875],
      [0.875, 0.875, 0.125, 0.375],
      [0.625, 0.125, 0.875, 0.625],
      [0.125, 0.625, 0.375, 0.125],
    ]);
  });

  // scipy.stats.qmc.Sobol(64, scramble=False).random(1024)
  it.each([
    [5, [0.875, 0.875, 0.375, 0.625, 0.625, 0.375, 0.375, 0.625]],
    [100, [0.4140625, 0.2578125, 0.4765625, 0.7578125, 0.4140625, 0.7109375, 0.4609375, 0.6484375]],
    [
      777,
      [0.6923828125, 0.9365234375, 0.7626953125, 0.2373046875, 0.8994140625, 0.7216796875, 0.1376953125, 0.4267578125],
    ],
    [
      1023,
      [0.0009765625, 0.7529296875, 0.6181640625, 0.8662109375, 0.6142578125, 0.6318359375, 0.7900390625, 0.0400390625],
    ],
  ])('has scipy’s point %i in 64 dimensions', (index, expected) => {
    expect([0, 1, 7, 20, 31, 40, 62, 63].map((dimension) => sobol(index, dimension))).toEqual(expected);
    expect(MOST_DIMENSIONS).toBe(64);
  });

  it.each([0, 0x9e3779b9 | 0])('puts one of 64 points into each 64th of every dimension, shifted by %i', (shift) => {
    for (let dimension = 0; dimension < MOST_DIMENSIONS; dimension++) {
      const cells = Array.from({ length: 64 }, (_, index) => Math.floor(64 * sobol(index, dimension, shift)));
      expect(new Set(cells).size).toBe(64);
    }
  });
});
