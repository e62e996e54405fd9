/**
 * A Gaussian process: a Matérn 5/2 kernel with a length of its own for every coordinate (automatic relevance determination),
 * and noise. Rasmussen & Williams 2006, “Gaussian Processes for Machine Learning”, chapters 2, 4 and 5. Coordinates of choices
 * count as one apart where they differ.
 */
import { factor, gramOfLower, invertLower, timesLower, timesLowerTransposed } from './cholesky';
import { minimise } from './lbfgs';

/** What the kernel is: the variance of functions, of noise, and per coordinate one over the square of its length. */
export interface Kernel {
  inverseSquares: Float64Array;
  scale: number;
  noise: number;
}

/** Where functions were seen. */
export interface Observations {
  /** One row a point. */
  points: readonly Float64Array[];
  /** About mean 0 and variance 1. */
  values: Float64Array;
  /** Which coordinates are choices. */
  isChoice: readonly boolean[];
}

/** Noise below this makes the covariance of near points singular. */
const MIN_NOISE = 1e-6;

/** Logarithms of the kernel's numbers stay within this of 0. */
const MAX_LOGARITHM = 20;

const FIT = { low: -MAX_LOGARITHM, high: MAX_LOGARITHM, tolerance: 0.01, leastGain: 1e-3, maxIterations: 60 };

/** Logarithms of a kernel that says little: it fits the more, the fewer observations there are. */
export const plainKernel = (dimensions: number): number[] => new Array<number>(dimensions + 2).fill(0);

/** The kernel whose logarithms (inverse squares of lengths, scale, noise above the least) are `logarithms`. */
export function kernelOf(logarithms: ArrayLike<number>): Kernel {
  const n = logarithms.length - 2;
  const clip = (x: number): number => Math.exp(Math.min(MAX_LOGARITHM, Math.max(-MAX_LOGARITHM, x)));
  return {
    inverseSquares: Float64Array.from({ length: n }, (_, i) => clip(logarithms[i])),
    scale: clip(logarithms[n]),
    noise: clip(logarithms[n + 1]) + MIN_NOISE,
  };
}

/**
 * Logarithms of the most probable kernel (maximum a posteriori), the best that is found from several starts. The priors are
 * those of Optuna's GPSampler, chosen there by experience: exp(−0.1/θ − 0.1 θ) for the inverse squares, gamma(2, 1) for the
 * scale, gamma(1.1, 30) for the noise.
 */
export function fitKernel(observations: Observations, starts: readonly ArrayLike<number>[]): number[] {
  let best: { x: ArrayLike<number>; value: number } = { x: starts[0], value: Infinity };
  for (const start of starts) {
    const found = minimise((x, gradient) => negativeLogPosterior(observations, x, gradient), start, FIT);
    if (found.value < best.value) best = found;
  }
  return Array.from(best.x);
}

/** Minus the logarithm of the posterior of a kernel, up to a constant, and its gradient by the kernel's logarithms. */
export function negativeLogPosterior(
  { points, values, isChoice }: Observations,
  logarithms: Float64Array,
  gradient: Float64Array,
): number {
  const n = points.length;
  const dimensions = isChoice.length;
  const { inverseSquares, scale, noise } = kernelOf(logarithms);
  const shape = new Float64Array(n * n);
  const slope = new Float64Array(n * n);
  const covariance = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      const root = Math.sqrt(5 * squaredDistance(points[a], points[b], inverseSquares, isChoice));
      const decay = Math.exp(-root);
      shape[a * n + b] = decay * ((root * root) / 3 + root + 1);
      slope[a * n + b] = (-5 / 6) * (root + 1) * decay;
      covariance[a * n + b] = scale * shape[a * n + b];
    }
    shape[a * n + a] = 1;
    covariance[a * n + a] = scale + noise;
  }
  const lower = factor(covariance, n);
  const inverseLower = invertLower(lower, n);
  const inverse = gramOfLower(inverseLower, n);
  const white = new Float64Array(n);
  const weights = new Float64Array(n);
  timesLower(inverseLower, n, values, white);
  timesLowerTransposed(inverseLower, n, white, weights);

  let loss = 0;
  for (let i = 0; i < n; i++) loss += 0.5 * white[i] * white[i] + Math.log(lower[i * n + i]);
  let byScale = 0;
  let byNoise = 0;
  gradient.fill(0);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      // Each pair stands twice in the trace, and half of that is the derivative.
      const pull = weights[a] * weights[b] - inverse[a * n + b];
      byScale -= pull * shape[a * n + b];
      const common = pull * scale * slope[a * n + b];
      const [p, q] = [points[a], points[b]];
      for (let d = 0; d < dimensions; d++) {
        const apart = p[d] - q[d];
        if (apart !== 0) gradient[d] -= common * (isChoice[d] ? 1 : apart * apart);
      }
    }
    const pull = 0.5 * (weights[a] * weights[a] - inverse[a * n + a]);
    byScale -= pull;
    byNoise -= pull;
  }

  for (let d = 0; d < dimensions; d++) {
    const theta = inverseSquares[d];
    loss += 0.1 / theta + 0.1 * theta;
    gradient[d] = theta * (gradient[d] - 0.1 / (theta * theta) + 0.1);
  }
  loss += scale - Math.log(scale) + 30 * noise - 0.1 * Math.log(noise);
  gradient[dimensions] = scale * (byScale + 1 - 1 / scale);
  gradient[dimensions + 1] = (noise - MIN_NOISE) * (byNoise + 30 - 0.1 / noise);
  return loss;
}

/** A Gaussian process that has seen observations. */
export class GaussianProcess {
  readonly #points: readonly Float64Array[];
  readonly #isChoice: readonly boolean[];
  readonly #kernel: Kernel;
  /** Inverse of the Cholesky factor of the covariance. */
  readonly #inverseLower: Float64Array;
  /** Inverse covariance times values. */
  readonly #weights: Float64Array;
  readonly #covariance: Float64Array;
  readonly #slopes: Float64Array;
  readonly #white: Float64Array;
  readonly #pull: Float64Array;

  constructor({ points, values, isChoice }: Observations, kernel: Kernel) {
    const n = points.length;
    this.#points = points;
    this.#isChoice = isChoice;
    this.#kernel = kernel;
    const covariance = new Float64Array(n * n);
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < a; b++) {
        covariance[a * n + b] =
          kernel.scale * matern(squaredDistance(points[a], points[b], kernel.inverseSquares, isChoice));
      }
      covariance[a * n + a] = kernel.scale + kernel.noise;
    }
    this.#inverseLower = invertLower(factor(covariance, n), n);
    this.#covariance = new Float64Array(n);
    this.#slopes = new Float64Array(n);
    this.#white = new Float64Array(n);
    this.#pull = new Float64Array(n);
    this.#weights = new Float64Array(n);
    timesLower(this.#inverseLower, n, values, this.#white);
    timesLowerTransposed(this.#inverseLower, n, this.#white, this.#weights);
  }

  /** The length of each coordinate: how far it must go for values to change. */
  get lengths(): Float64Array {
    return this.#kernel.inverseSquares.map((theta) => 1 / Math.sqrt(theta));
  }

  /** Mean and variance of the function at `x`, without noise. */
  predict(x: Float64Array): { mean: number; variance: number } {
    const n = this.#points.length;
    const { scale, inverseSquares } = this.#kernel;
    let mean = 0;
    for (let i = 0; i < n; i++) {
      const root = Math.sqrt(5 * squaredDistance(x, this.#points[i], inverseSquares, this.#isChoice));
      const decay = scale * Math.exp(-root);
      this.#covariance[i] = decay * ((root * root) / 3 + root + 1);
      this.#slopes[i] = (-5 / 6) * (root + 1) * decay;
      mean += this.#covariance[i] * this.#weights[i];
    }
    timesLower(this.#inverseLower, n, this.#covariance, this.#white);
    let known = 0;
    for (let i = 0; i < n; i++) known += this.#white[i] * this.#white[i];
    return { mean, variance: Math.max(0, scale - known) };
  }

  /** `predict`, and the gradients by the coordinates that are numbers, written to `byMean` and `byVariance`. */
  predictWithGradient(
    x: Float64Array,
    byMean: Float64Array,
    byVariance: Float64Array,
  ): { mean: number; variance: number } {
    const prediction = this.predict(x);
    const n = this.#points.length;
    timesLowerTransposed(this.#inverseLower, n, this.#white, this.#pull);
    byMean.fill(0);
    byVariance.fill(0);
    for (let i = 0; i < n; i++) {
      const point = this.#points[i];
      const towardsMean = 2 * this.#slopes[i] * this.#weights[i];
      const towardsVariance = -4 * this.#slopes[i] * this.#pull[i];
      for (let d = 0; d < x.length; d++) {
        if (this.#isChoice[d]) continue;
        const lean = this.#kernel.inverseSquares[d] * (x[d] - point[d]);
        byMean[d] += towardsMean * lean;
        byVariance[d] += towardsVariance * lean;
      }
    }
    return prediction;
  }
}

/** The Matérn 5/2 kernel of a squared distance; 1 at 0. */
function matern(squared: number): number {
  const root = Math.sqrt(5 * squared);
  return Math.exp(-root) * ((root * root) / 3 + root + 1);
}

function squaredDistance(
  a: Float64Array,
  b: Float64Array,
  inverseSquares: Float64Array,
  isChoice: readonly boolean[],
): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) {
    const apart = a[d] - b[d];
    sum += inverseSquares[d] * (isChoice[d] ? (apart === 0 ? 0 : 1) : apart * apart);
  }
  return sum;
}
