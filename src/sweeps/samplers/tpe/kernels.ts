/**
 * The kernels of a Parzen estimator along one parameter: one an observation, and the prior, which comes last. A kernel of
 * numbers is a normal distribution truncated to the range; where a parameter has steps, each value has the mass of its cell.
 */
import type { RandomStream } from '../../../base/random';
import { normalLogDensity, normalLogMass, truncatedNormal } from '../../normal';
import {
  fromAxis,
  interval,
  toAxis,
  type CategoricalDistribution,
  type Distribution,
  type NumericDistribution,
} from '../../space/distribution';
import type { Column } from './observations';

/** Kernels along one parameter. Values are internal: numbers as the parameter has them, or indices of choices. */
export interface Kernels {
  /** Draws a value from the kernel `k`. */
  draw(k: number, random: RandomStream): number;
  /** Adds the logarithm of each kernel's density (or mass) at `value` to `sums`. */
  addLog(value: number, sums: Float64Array): void;
}

/** Kernels at observations. */
export function kernelsAt(distribution: Distribution, column: Column): Kernels {
  if (distribution.type === 'categorical') return new CategoricalKernels(distribution, column);
  const shapes = new NormalShapes(distribution, column);
  const discrete = distribution.type === 'int' || distribution.step !== null;
  return discrete ? new DiscreteKernels(distribution, shapes) : new ContinuousKernels(distribution, shapes);
}

/** Standard deviations within which all of a normal distribution lies, to double precision. */
const WHOLE = 9;

/**
 * Means and widths. Kernels with the same mean and width share a shape: where a parameter has few values there are few
 * shapes, however many the trials.
 */
class NormalShapes {
  /** The shape of each kernel. */
  readonly of: Int32Array;
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
  /** Logarithm of the share of each normal distribution that lies in the range. */
  readonly logShare: Float64Array;
  readonly low: number;
  readonly high: number;

  constructor(distribution: NumericDistribution, { values, order }: Column) {
    const [low, high] = interval(distribution);
    const n = values.length;
    const range = high - low;
    const leastSigma = range / Math.min(100, n + 2);
    this.low = low;
    this.high = high;
    this.of = new Int32Array(n + 1);
    const mu = new Float64Array(n + 1);
    const sigma = new Float64Array(n + 1);
    let shapes = 0;
    for (let rank = 0; rank < n; rank++) {
      const value = values[order[rank]];
      // The outermost look inwards; a single observation looks to both ends of the range.
      const before = rank > 0 ? value - values[order[rank - 1]] : n > 1 ? 0 : value - low;
      const after = rank < n - 1 ? values[order[rank + 1]] - value : n > 1 ? 0 : high - value;
      const width = Math.min(range, Math.max(leastSigma, before, after));
      // Equal observations stand side by side.
      if (shapes === 0 || mu[shapes - 1] !== value || sigma[shapes - 1] !== width) {
        mu[shapes] = value;
        sigma[shapes++] = width;
      }
      this.of[order[rank]] = shapes - 1;
    }
    // The prior.
    mu[shapes] = 0.5 * (low + high);
    sigma[shapes] = range;
    this.of[n] = shapes++;

    this.mu = mu.subarray(0, shapes);
    this.sigma = sigma.subarray(0, shapes);
    this.logShare = new Float64Array(shapes);
    for (let s = 0; s < shapes; s++) {
      const below = (low - mu[s]) / sigma[s];
      const above = (high - mu[s]) / sigma[s];
      if (below > -WHOLE || above < WHOLE) this.logShare[s] = normalLogMass(below, above);
    }
  }

  /** A place on the axis, drawn from the kernel `k`. */
  draw(k: number, random: RandomStream): number {
    const mu = this.mu[this.of[k]];
    const sigma = this.sigma[this.of[k]];
    return mu + sigma * truncatedNormal((this.low - mu) / sigma, (this.high - mu) / sigma, random.uniform());
  }
}

/** Kernels of a number that can take any value in its range. Densities are along the axis. */
class ContinuousKernels implements Kernels {
  readonly #distribution: NumericDistribution;
  readonly #shapes: NormalShapes;
  // By kernel, so that the innermost loop reads straight on.
  readonly #mu: Float64Array;
  readonly #precision: Float64Array;
  readonly #logPeak: Float64Array;

  constructor(distribution: NumericDistribution, shapes: NormalShapes) {
    this.#distribution = distribution;
    this.#shapes = shapes;
    const n = shapes.of.length;
    this.#mu = new Float64Array(n);
    this.#precision = new Float64Array(n);
    this.#logPeak = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      const s = shapes.of[k];
      const precision = 1 / shapes.sigma[s];
      this.#mu[k] = shapes.mu[s];
      this.#precision[k] = precision;
      this.#logPeak[k] = normalLogDensity(0) + Math.log(precision) - shapes.logShare[s];
    }
  }

  draw(k: number, random: RandomStream): number {
    return fromAxis(this.#distribution, this.#shapes.draw(k, random));
  }

  addLog(value: number, sums: Float64Array): void {
    const x = toAxis(this.#distribution, value);
    const mu = this.#mu;
    const precision = this.#precision;
    const logPeak = this.#logPeak;
    for (let k = 0; k < mu.length; k++) {
      const z = (x - mu[k]) * precision[k];
      sums[k] += logPeak[k] - 0.5 * z * z;
    }
  }
}

/** Kernels of a number with steps. */
class DiscreteKernels implements Kernels {
  readonly #distribution: NumericDistribution;
  readonly #shapes: NormalShapes;
  /** Half the distance between two values. */
  readonly #half: number;
  /** Logarithms of masses by value, one a shape: candidates repeat. */
  readonly #logMass = new Map<number, Float64Array>();

  constructor(distribution: NumericDistribution, shapes: NormalShapes) {
    this.#distribution = distribution;
    this.#shapes = shapes;
    this.#half = distribution.log ? 0.5 : (distribution.step ?? 0) / 2;
  }

  draw(k: number, random: RandomStream): number {
    return fromAxis(this.#distribution, this.#shapes.draw(k, random));
  }

  addLog(value: number, sums: Float64Array): void {
    const { of } = this.#shapes;
    let logMass = this.#logMass.get(value);
    if (!logMass) this.#logMass.set(value, (logMass = this.#massesOf(value)));
    for (let k = 0; k < of.length; k++) sums[k] += logMass[of[k]];
  }

  #massesOf(value: number): Float64Array {
    const { mu, sigma, logShare } = this.#shapes;
    const left = toAxis(this.#distribution, value - this.#half);
    const right = toAxis(this.#distribution, value + this.#half);
    const masses = new Float64Array(mu.length);
    for (let s = 0; s < mu.length; s++) {
      masses[s] = normalLogMass((left - mu[s]) / sigma[s], (right - mu[s]) / sigma[s]) - logShare[s];
    }
    return masses;
  }
}

/** Kernels of choices: that of an observation has a unit of mass on it, and all share the prior's over every choice. */
class CategoricalKernels implements Kernels {
  readonly #choices: number;
  readonly #observations: Float64Array;
  /** The mass of the observed choice and of each other one. */
  readonly #hit: number;
  readonly #miss: number;

  constructor({ choices }: CategoricalDistribution, { values }: Column) {
    this.#choices = choices.length;
    this.#observations = values;
    const share = 1 / (values.length + 1);
    const total = 1 + this.#choices * share;
    this.#hit = (1 + share) / total;
    this.#miss = share / total;
  }

  draw(k: number, random: RandomStream): number {
    // A kernel is its observation with the chance that the prior leaves, else any choice.
    const observed = k < this.#observations.length && random.uniform() < this.#hit - this.#miss;
    return observed ? this.#observations[k] : random.integer(this.#choices);
  }

  addLog(value: number, sums: Float64Array): void {
    const observations = this.#observations;
    const hit = Math.log(this.#hit);
    const miss = Math.log(this.#miss);
    for (let k = 0; k < observations.length; k++) sums[k] += observations[k] === value ? hit : miss;
    sums[observations.length] -= Math.log(this.#choices);
  }
}
