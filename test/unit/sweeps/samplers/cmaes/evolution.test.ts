import { describe, expect, it } from 'vitest';
import { randomStream, type RandomStream } from '../../../../../src/base/random';
import { defaultPopulation, Evolution } from '../../../../../src/sweeps/samplers/cmaes/evolution';

type Loss = (x: readonly number[]) => number;

const sphere: Loss = (x) => x.reduce((sum, xi) => sum + xi * xi, 0);

const rosenbrock: Loss = (x) =>
  x.slice(1).reduce((sum, next, i) => sum + 100 * (next - x[i] ** 2) ** 2 + (1 - x[i]) ** 2, 0);

/** A long narrow valley along an axis, or turned by 45° in every neighbouring plane. */
const ellipsoid =
  (turned: boolean): Loss =>
  (x) => {
    const y = [...x];
    if (turned) {
      for (let i = 0; i + 1 < y.length; i++) {
        [y[i], y[i + 1]] = [(y[i] + y[i + 1]) / Math.SQRT2, (y[i + 1] - y[i]) / Math.SQRT2];
      }
    }
    return y.reduce((sum, yi, i) => sum + 10 ** ((6 * i) / (y.length - 1)) * yi * yi, 0);
  };

interface Options {
  mean: number[];
  sigma: number;
  generations: number;
  seed?: number;
  steps?: number[];
}

/** The best loss that was met, and the distribution at the end. */
function minimise(loss: Loss, { mean, sigma, generations, seed = 1, steps = mean.map(() => 0) }: Options) {
  const population = defaultPopulation(mean.length);
  const evolution = new Evolution({ mean, sigma, population, steps });
  const random: RandomStream = randomStream(seed, 'evolution');
  let best = Infinity;
  for (let generation = 0; generation < generations && !evolution.isExhausted; generation++) {
    const points = Array.from({ length: population }, () => evolution.draw(random));
    points.sort((a, b) => loss(a) - loss(b));
    best = Math.min(best, loss(points[0]));
    evolution.tell(points.map((point) => ({ point, injected: false })));
  }
  return { best, evolution };
}

describe('the evolution strategy', () => {
  it('finds the minimum of a sphere and of Rosenbrock’s valley', () => {
    expect(minimise(sphere, { mean: [3, -2, 1, 4, 2], sigma: 2, generations: 200 }).best).toBeLessThan(1e-10);
    const valley = minimise(rosenbrock, { mean: [-1, 0, 0, 1], sigma: 0.5, generations: 500 });
    expect(valley.best).toBeLessThan(1e-10);
    for (const x of valley.evolution.mean) expect(x).toBeCloseTo(1, 4);
  });

  it('learns a valley of condition 10⁶ just as fast whichever way it is turned', () => {
    const generations = (turned: boolean): number[] =>
      [1, 2, 3, 4, 5].map((seed) => {
        for (let limit = 50; limit < 1000; limit += 50) {
          const { best } = minimise(ellipsoid(turned), { mean: [1, 1, 1, 1, 1], sigma: 1, generations: limit, seed });
          if (best < 1e-6) return limit;
        }
        return Infinity;
      });
    const median = (values: number[]): number => values.sort((a, b) => a - b)[2];
    const [along, across] = [median(generations(false)), median(generations(true))];
    expect(Math.max(along, across) / Math.min(along, across)).toBeLessThan(1.3);
  });

  it('is the same under a rotation of the plane: of points, and of what it learns', () => {
    const turn = ([x, y]: readonly number[]): number[] => [0.6 * x - 0.8 * y, 0.8 * x + 0.6 * y];
    const settings = { sigma: 0.7, population: 6, steps: [0, 0] };
    const straight = new Evolution({ ...settings, mean: [1, 2] });
    const turned = new Evolution({ ...settings, mean: turn([1, 2]) });
    const random = randomStream(5, 'rotation');
    for (let generation = 0; generation < 30; generation++) {
      const solutions = Array.from({ length: 6 }, () => straight.draw(random)).sort(
        (a, b) => rosenbrock(a) - rosenbrock(b),
      );
      straight.tell(solutions.map((point) => ({ point, injected: false })));
      turned.tell(solutions.map((point) => ({ point: turn(point), injected: false })));
    }
    turn(straight.mean).forEach((x, i) => expect(turned.mean[i]).toBeCloseTo(x, 8));
  });

  it('keeps a coordinate with steps wide enough to change its value', () => {
    const loss: Loss = ([x, y]) => x * x + (Math.round(y * 10) / 10 - 0.5) ** 2;
    const { evolution } = minimise(loss, { mean: [0.5, 0.2], sigma: 0.2, generations: 60, steps: [0, 0.1] });
    const random = randomStream(9, 'spread');
    const values = new Set(Array.from({ length: 400 }, () => Math.round(evolution.draw(random)[1] * 10)));
    expect(values.size).toBeGreaterThan(1);
    expect(Math.abs(evolution.mean[0])).toBeLessThan(1e-4);
  });

  it('is not torn apart by a far point from elsewhere', () => {
    const spread = (injected: boolean): number => {
      const evolution = new Evolution({ mean: [0.5, 0.5], sigma: 1e-4, population: 4, steps: [0, 0] });
      const random = randomStream(2, 'far');
      const drawn = Array.from({ length: 3 }, () => ({ point: evolution.draw(random), injected: false }));
      evolution.tell([{ point: [0, 1], injected }, ...drawn]);
      return Math.max(...evolution.mean.map((x) => Math.abs(x - 0.5)));
    };
    expect(spread(true)).toBeLessThan(1e-3);
    expect(spread(false)).toBeGreaterThan(0.1);
  });

  it('says when it has nothing left to learn', () => {
    const { evolution } = minimise(sphere, { mean: [1, 1], sigma: 1, generations: 10_000 });
    expect(evolution.isExhausted).toBe(true);
    expect(evolution.generation).toBeLessThan(1000);
  });

  it('works in one dimension and with the smallest population', () => {
    expect(minimise(sphere, { mean: [2], sigma: 1, generations: 100 }).best).toBeLessThan(1e-8);
    const evolution = new Evolution({ mean: [1, 1], sigma: 0.5, population: 2, steps: [0, 0] });
    const random = randomStream(1, 'two');
    for (let i = 0; i < 200; i++) {
      const points = [evolution.draw(random), evolution.draw(random)].sort((a, b) => sphere(a) - sphere(b));
      evolution.tell(points.map((point) => ({ point, injected: false })));
    }
    expect(sphere(evolution.mean)).toBeLessThan(0.01);
  });
});
