import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/base/random';
import {
  crowdingDistances,
  dominates,
  hypervolume,
  losses,
  nonDominatedRanks,
  paretoFront,
  type Point,
} from '../../../src/sweeps/pareto';
import { trialRow } from '../../helpers/studies';

/** Points on a coarse grid, so that many are equal somewhere. */
const cloud = (count: number, objectives: number, seed: number): Point[] => {
  const random = randomStream(seed, 'cloud', objectives);
  return Array.from({ length: count }, () => Array.from({ length: objectives }, () => random.integer(8)));
};

/** Ranks by their definition: fronts are taken off one by one. */
function ranksByPeeling(points: readonly Point[]): number[] {
  const ranks = points.map(() => -1);
  for (let rank = 0; ranks.includes(-1); rank++) {
    const left = points.map((_, i) => i).filter((i) => ranks[i] < 0);
    const front = left.filter((i) => !left.some((j) => dominates(points[j], points[i])));
    for (const i of front) ranks[i] = rank;
  }
  return ranks;
}

describe('dominance', () => {
  it('is better somewhere and worse nowhere; NaN takes no part', () => {
    expect(dominates([1, 2], [1, 3])).toBe(true);
    expect(dominates([1, 2], [1, 2])).toBe(false);
    expect(dominates([1, 3], [2, 2])).toBe(false);
    expect(dominates([1, 1], [NaN, 2])).toBe(false);
    expect(dominates([NaN, 1], [2, 2])).toBe(false);
  });

  it('knows which objectives are maximised', () => {
    expect(losses([1, 2, 3], ['minimize', 'maximize', 'minimize'])).toEqual([1, -2, 3]);
  });
});

describe('non-dominated sorting', () => {
  it.each([1, 2, 3, 5])('takes off front after front: %d objectives, with equal points', (objectives) => {
    for (let seed = 0; seed < 20; seed++) {
      const points = cloud(60, objectives, seed);
      expect(nonDominatedRanks(points)).toEqual(ranksByPeeling(points));
    }
  });

  it('takes infinities and no points at all', () => {
    expect(nonDominatedRanks([])).toEqual([]);
    expect(
      nonDominatedRanks([
        [Infinity, Infinity],
        [Infinity, 0],
        [-Infinity, 5],
        [0, 0],
      ]),
    ).toEqual([2, 1, 0, 0]);
  });

  it('sorts ten thousand points', () => {
    const random = randomStream(1, 'many');
    const points = Array.from({ length: 10_000 }, () => [random.uniform(), random.uniform()]);
    const ranks = nonDominatedRanks(points);
    const front = points.filter((_, i) => ranks[i] === 0);
    expect(front).toEqual(points.filter((point) => !front.some((other) => dominates(other, point))));
  });
});

describe('the Pareto front of trials', () => {
  it('holds what is complete, feasible and numbers, of equals all, by number', () => {
    const trials = [
      trialRow({ number: 3, values: [1, 5] }),
      trialRow({ number: 0, values: [2, 7] }),
      trialRow({ number: 1, values: [2, 6] }),
      trialRow({ number: 2, values: [2, 7] }),
      trialRow({ number: 4, values: [0, 9], violation: 0.1 }),
      trialRow({ number: 5, values: [NaN, 99] }),
      trialRow({ number: 6, values: [0, 99], state: 'pruned' }),
      trialRow({ number: 7, values: null, state: 'failed' }),
      trialRow({ number: 8, values: [0] }),
    ];
    const numbers = paretoFront(trials, ['minimize', 'maximize']).map(({ number }) => number);
    expect(numbers).toEqual([0, 2, 3]);
  });

  it('agrees with the sort for three objectives', () => {
    const points = cloud(200, 3, 4);
    const trials = points.map((values, number) => trialRow({ number, values: [...values] }));
    const ranks = nonDominatedRanks(points);
    const front = paretoFront(trials, ['minimize', 'minimize', 'minimize']).map(({ number }) => number);
    expect(front).toEqual(points.map((_, i) => i).filter((i) => ranks[i] === 0));
  });
});

describe('crowding distances', () => {
  it('sum the gaps between neighbours as shares of the range; the ends are infinite', () => {
    const distances = crowdingDistances([
      [0, 10],
      [1, 8],
      [4, 2],
      [10, 0],
    ]);
    expect(distances).toEqual([Infinity, 0.4 + 0.8, 0.9 + 0.8, Infinity]);
  });

  it('leave out objectives that tell none apart', () => {
    expect(crowdingDistances([[1, 1], [1, 1]])).toEqual([0, 0]); // prettier-ignore
    expect(crowdingDistances([[0, 7], [1, 7], [4, 7]])).toEqual([Infinity, 1, Infinity]); // prettier-ignore
    expect(crowdingDistances([])).toEqual([]);
  });

  it('are numbers where losses are infinite', () => {
    const distances = crowdingDistances([[0, 3], [1, 2], [Infinity, 1], [Infinity, 0]]); // prettier-ignore
    expect(distances.every((distance) => !Number.isNaN(distance))).toBe(true);
  });
});

describe('the hypervolume', () => {
  it('is that of the union of boxes', () => {
    expect(hypervolume([[1, 3], [2, 1], [2, 2], [5, 0]], [4, 4])).toBe(7); // prettier-ignore
    expect(hypervolume([[0, 0, 0]], [1, 2, 3])).toBe(6);
    expect(hypervolume([], [1, 1])).toBe(0);
    expect(hypervolume([[0.25], [0.5]], [1])).toBe(0.75);
  });

  // A grid of whole numbers: cells that are dominated can be counted.
  it.each([2, 3, 4])('counts the dominated cells of a grid with %d objectives', (objectives) => {
    for (let seed = 0; seed < 10; seed++) {
      const points = cloud(12, objectives, seed);
      let cells = 0;
      for (let cell = 0; cell < 8 ** objectives; cell++) {
        const corner = Array.from({ length: objectives }, (_, d) => Math.floor(cell / 8 ** d) % 8);
        if (points.some((point) => point.every((loss, d) => loss <= corner[d]))) cells++;
      }
      expect(hypervolume(points, new Array<number>(objectives).fill(8))).toBe(cells);
    }
  });
});
