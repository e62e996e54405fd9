import { describe, expect, it } from 'vitest';
import { bestOfSeveral } from '../../../../../src/sweeps/samplers/tpe/several-objectives';

/** 60 points of multiples of roots; every second objective is turned round. */
const points = (objectives: number): number[][] =>
  Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: objectives }, (_, j) => {
      const turns = (i + 1) * [Math.SQRT2, Math.sqrt(3), Math.sqrt(5)][j];
      const value = Number((turns - Math.floor(turns)).toFixed(6));
      return j % 2 === 0 ? value : -value;
    }),
  );

const sorted = (places: number[]): number[] => [...places].sort((a, b) => a - b);

describe('bestOfSeveral', () => {
  // Optuna 5.0's _split_complete_trials_multi_objective on the same values.
  it.each([
    [2, 3, [33, 45, 57]],
    [2, 6, [4, 28, 33, 45, 55, 57]],
    [2, 15, [4, 14, 16, 19, 21, 26, 28, 29, 33, 38, 45, 48, 50, 55, 57]],
    [3, 3, [16, 33, 55]],
    [3, 6, [4, 16, 29, 33, 55, 57]],
    [3, 15, [0, 4, 12, 14, 16, 26, 28, 29, 33, 38, 45, 50, 55, 57, 59]],
  ])('chooses of points with %i objectives the %i that Optuna does', (objectives, count, expected) => {
    expect(sorted(bestOfSeveral(points(objectives), count))).toEqual(expected);
  });

  it('takes a front before what it dominates, and the middle of a front before equal points', () => {
    expect(
      sorted(
        bestOfSeveral(
          [
            [2, 2],
            [0, 3],
            [1, 1],
            [3, 0],
          ],
          3,
        ),
      ),
    ).toEqual([1, 2, 3]);
    expect(
      sorted(
        bestOfSeveral(
          [
            [1, 1],
            [1, 1],
            [0, 1.5],
          ],
          2,
        ),
      ),
    ).toEqual([0, 2]);
  });

  it('takes all where all are wanted, none where none is', () => {
    expect(
      bestOfSeveral(
        [
          [1, 2],
          [2, 1],
        ],
        5,
      ),
    ).toEqual([0, 1]);
    expect(
      bestOfSeveral(
        [
          [1, 2],
          [2, 1],
        ],
        0,
      ),
    ).toEqual([]);
    expect(bestOfSeveral([], 3)).toEqual([]);
  });

  it('bears infinite and enormous values', () => {
    const strange = [
      [-Infinity, 1],
      [Infinity, -Infinity],
      [0, 0],
      [1e308, -1e308],
      [-1e308, 1e308],
    ];
    for (let count = 1; count < strange.length; count++) {
      expect(new Set(bestOfSeveral(strange, count)).size).toBe(count);
    }
  });
});
