import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../../src/base/random';
import {
  fitKernel,
  GaussianProcess,
  kernelOf,
  negativeLogPosterior,
  plainKernel,
  type Observations,
} from '../../../../../src/sweeps/samplers/gp/regression';

/** Two numbers and a choice; the second number does not matter. */
function observed(count: number): Observations {
  const random = randomStream(3, 'observed');
  const points = Array.from({ length: count }, () =>
    Float64Array.of(random.uniform(), random.uniform(), random.integer(3)),
  );
  return {
    points,
    values: Float64Array.from(points, ([a, , choice]) => Math.sin(5 * a) + 0.5 * choice - 0.7),
    isChoice: [false, false, true],
  };
}

const differences = (f: (x: Float64Array) => number, x: Float64Array, h = 1e-5): number[] =>
  Array.from(x, (_, i) => {
    const moved = (by: number): number => f(x.map((xi, k) => (k === i ? xi + by : xi)));
    return (moved(h) - moved(-h)) / (2 * h);
  });

describe('a Gaussian process', () => {
  it('gives back what it saw where there is hardly noise, and its prior far away', () => {
    const { points, values, isChoice } = observed(12);
    const process = new GaussianProcess({ points, values, isChoice }, kernelOf([2, 2, 0, 0, -30]));
    for (const [i, point] of points.entries()) {
      const { mean, variance } = process.predict(point);
      expect(mean).toBeCloseTo(values[i], 3);
      expect(variance).toBeLessThan(1e-4);
    }
    const far = process.predict(Float64Array.of(1e6, 0, 0));
    expect(far.mean).toBeCloseTo(0, 6);
    expect(far.variance).toBeCloseTo(1, 6);
  });

  it('predicts as the formulas say for two observations', () => {
    const matern = (r: number): number => (1 + Math.sqrt(5) * r + (5 / 3) * r * r) * Math.exp(-Math.sqrt(5) * r);
    const kernel = { inverseSquares: Float64Array.of(4), scale: 1.5, noise: 0.1 };
    const process = new GaussianProcess(
      { points: [Float64Array.of(0), Float64Array.of(1)], values: Float64Array.of(1, -2), isChoice: [false] },
      kernel,
    );
    const [same, apart] = [1.6, 1.5 * matern(2)];
    const [k0, k1] = [1.5 * matern(2 * 0.3), 1.5 * matern(2 * 0.7)];
    const determinant = same * same - apart * apart;
    const mean = (k0 * (same * 1 + apart * 2) + k1 * (-apart * 1 - same * 2)) / determinant;
    const variance = 1.5 - (same * (k0 * k0 + k1 * k1) - 2 * apart * k0 * k1) / determinant;
    const predicted = process.predict(Float64Array.of(0.3));
    expect(predicted.mean).toBeCloseTo(mean, 12);
    expect(predicted.variance).toBeCloseTo(variance, 12);
  });

  it('counts choices as one apart, whichever they are', () => {
    const points = [Float64Array.of(0)];
    const process = new GaussianProcess({ points, values: Float64Array.of(1), isChoice: [true] }, kernelOf([0, 0, -3]));
    expect(process.predict(Float64Array.of(1))).toEqual(process.predict(Float64Array.of(7)));
  });

  it('has the slopes that differences show', () => {
    const process = new GaussianProcess(observed(15), kernelOf([1, 0.5, -1, 0.3, -4]));
    const x = Float64Array.of(0.4, 0.6, 1);
    const [byMean, byVariance] = [new Float64Array(3), new Float64Array(3)];
    process.predictWithGradient(x, byMean, byVariance);
    const [meanSlopes, varianceSlopes] = [
      differences((y) => process.predict(y).mean, x),
      differences((y) => process.predict(y).variance, x),
    ];
    for (const i of [0, 1]) {
      expect(byMean[i]).toBeCloseTo(meanSlopes[i], 6);
      expect(byVariance[i]).toBeCloseTo(varianceSlopes[i], 6);
    }
    expect([byMean[2], byVariance[2]]).toEqual([0, 0]);
  });
});

describe('the fit of a kernel', () => {
  it('has the gradient that differences show', () => {
    const observations = observed(15);
    const at = Float64Array.of(1, -0.5, 0.2, 0.4, -3);
    const gradient = new Float64Array(5);
    negativeLogPosterior(observations, at, gradient);
    const slopes = differences((x) => negativeLogPosterior(observations, x, new Float64Array(5)), at);
    slopes.forEach((slope, i) => expect(gradient[i]).toBeCloseTo(slope, 5));
  });

  it('finds which coordinates matter, and how much is noise', () => {
    const clean = kernelOf(fitKernel(observed(40), [plainKernel(3)]));
    expect(clean.inverseSquares[0]).toBeGreaterThan(10 * clean.inverseSquares[1]);
    expect(clean.noise).toBeLessThan(1e-3);
    const { points, values, isChoice } = observed(60);
    const random = randomStream(5, 'noise');
    const noisy = kernelOf(
      fitKernel({ points, values: values.map((value) => value + 0.5 * random.normal()), isChoice }, [plainKernel(3)]),
    );
    expect(noisy.noise).toBeGreaterThan(0.1);
    expect(noisy.noise).toBeLessThan(0.5);
  });

  it('takes the best of several starts', () => {
    const observations = observed(30);
    const loss = (logarithms: number[]): number =>
      negativeLogPosterior(observations, Float64Array.from(logarithms), new Float64Array(5));
    const odd = [15, 15, 15, -10, 5];
    expect(loss(fitKernel(observations, [odd, plainKernel(3)]))).toBeLessThanOrEqual(
      loss(fitKernel(observations, [plainKernel(3)])),
    );
  });

  it('takes points and values that are all the same', () => {
    const points = Array.from({ length: 5 }, () => Float64Array.of(0.5));
    const observations = { points, values: new Float64Array(5), isChoice: [false] };
    expect(fitKernel(observations, [plainKernel(1)]).every(Number.isFinite)).toBe(true);
  });
});
