/**
 * The covariance matrix adaptation evolution strategy: a normal distribution that moves to where the better half of its points
 * lie, and learns its shape from their steps. Hansen 2016, “The CMA Evolution Strategy: A Tutorial”; equations are numbered as
 * there.
 */
import type { RandomStream } from '../../../base/random';
import { eigenSymmetric } from './eigen';

/** A standard deviation of a coordinate with steps stays above this share of the step, or the value could never change again. */
const STEP_SHARE = 0.2;

/** A covariance with a larger condition is taken for one that has broken down. */
const MAX_CONDITION = 1e14;

/** How the distribution starts. */
export interface EvolutionSettings {
  /** One coordinate a dimension. */
  mean: readonly number[];
  /** Standard deviation of every coordinate. */
  sigma: number;
  /** Points a generation, λ. */
  population: number;
  /** Distance between two values of a coordinate; 0 where every value is possible. */
  steps: readonly number[];
}

/** A point of a generation. */
export interface Solution {
  point: readonly number[];
  /** It was not drawn from this distribution. */
  injected: boolean;
}

/** Points that a generation takes in `dimensions` dimensions (eq. 48). */
export const defaultPopulation = (dimensions: number): number => 4 + Math.floor(3 * Math.log(dimensions));

/** The distribution over R^n, and what it learns by. */
export class Evolution {
  /** Generations that it has learnt from. */
  generation = 0;
  readonly #n: number;
  readonly #steps: readonly number[];
  readonly #firstSigma: number;
  readonly #rates: Rates;
  readonly #mean: Float64Array;
  #sigma: number;
  readonly #covariance: Float64Array;
  /** Evolution paths of the step size and of the covariance. */
  readonly #sigmaPath: Float64Array;
  readonly #path: Float64Array;
  /** Axes of the covariance, one a column, and the standard deviations along them. */
  #axes: Float64Array;
  #deviations: Float64Array;

  constructor({ mean, sigma, population, steps }: EvolutionSettings) {
    const n = mean.length;
    this.#n = n;
    this.#steps = steps;
    this.#firstSigma = sigma;
    this.#rates = ratesFor(n, population);
    this.#mean = Float64Array.from(mean);
    this.#sigma = sigma;
    this.#covariance = new Float64Array(n * n);
    for (let i = 0; i < n; i++) this.#covariance[i * n + i] = 1;
    this.#sigmaPath = new Float64Array(n);
    this.#path = new Float64Array(n);
    this.#axes = Float64Array.from(this.#covariance);
    this.#deviations = new Float64Array(n).fill(1);
    this.#keepSteps();
  }

  /** The middle of the distribution. */
  get mean(): readonly number[] {
    return [...this.#mean];
  }

  /** A point drawn from the distribution (eq. 38–40). */
  draw(random: RandomStream): number[] {
    const n = this.#n;
    const y = new Float64Array(n);
    for (let axis = 0; axis < n; axis++) {
      const length = this.#deviations[axis] * random.normal();
      for (let i = 0; i < n; i++) y[i] += this.#axes[i * n + axis] * length;
    }
    return Array.from(this.#mean, (middle, i) => middle + this.#sigma * y[i]);
  }

  /** Whether it has nothing left to learn: it is narrower than numbers tell apart, or broke down. */
  get isExhausted(): boolean {
    const widest = Math.max(...this.#deviations);
    const narrowest = Math.min(...this.#deviations);
    const finite = Number.isFinite(this.#sigma * widest) && this.#mean.every(Number.isFinite);
    return !finite || this.#sigma * widest < 1e-12 * this.#firstSigma || (widest / narrowest) ** 2 > MAX_CONDITION;
  }

  /** Learns from a generation: as many solutions as the population has, the best first. */
  tell(solutions: readonly Solution[]): void {
    const n = this.#n;
    const { weights, parents, muEff, sigmaRate, sigmaDamping, pathRate, rankOne, rankMu, expectedNorm } = this.#rates;
    this.generation++;
    const steps = solutions.map(({ point, injected }) => {
      const y = Float64Array.from(point, (x, i) => (x - this.#mean[i]) / this.#sigma);
      return injected ? shortened(y, norm(this.#whiten(y))) : y;
    });

    // Selection and recombination (eq. 41, 42).
    const meanStep = new Float64Array(n);
    for (let k = 0; k < parents; k++) for (let i = 0; i < n; i++) meanStep[i] += weights[k] * steps[k][i];
    const whitened = steps.map((y) => norm(this.#whiten(y)));
    const whiteStep = this.#whiten(meanStep);

    // Step size (eq. 43, 44).
    const sigmaGain = Math.sqrt(sigmaRate * (2 - sigmaRate) * muEff);
    for (let i = 0; i < n; i++) {
      this.#mean[i] += this.#sigma * meanStep[i];
      this.#sigmaPath[i] = (1 - sigmaRate) * this.#sigmaPath[i] + sigmaGain * whiteStep[i];
    }
    const pathNorm = norm(this.#sigmaPath);
    this.#sigma *= Math.exp((sigmaRate / sigmaDamping) * (pathNorm / expectedNorm - 1));

    // Covariance (eq. 45–47). The path stands still while the step size grows fast.
    const settled = Math.sqrt(1 - (1 - sigmaRate) ** (2 * (this.generation + 1)));
    const moves = pathNorm / settled < (1.4 + 2 / (n + 1)) * expectedNorm;
    const pathGain = moves ? Math.sqrt(pathRate * (2 - pathRate) * muEff) : 0;
    for (let i = 0; i < n; i++) this.#path[i] = (1 - pathRate) * this.#path[i] + pathGain * meanStep[i];
    // Of the worse half the directions count, not the lengths.
    const scaled = weights.map((weight, k) => (weight >= 0 ? weight : (weight * n) / (whitened[k] ** 2 + 1e-8)));
    const stalled = moves ? 0 : pathRate * (2 - pathRate);
    const kept = 1 + rankOne * stalled - rankOne - rankMu * weights.reduce((sum, weight) => sum + weight, 0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = kept * this.#covariance[i * n + j] + rankOne * this.#path[i] * this.#path[j];
        for (let k = 0; k < steps.length; k++) sum += rankMu * scaled[k] * steps[k][i] * steps[k][j];
        this.#covariance[i * n + j] = this.#covariance[j * n + i] = sum;
      }
    }
    this.#keepSteps();
  }

  /** `C^(−1/2) y`. */
  #whiten(y: Float64Array): Float64Array {
    const n = this.#n;
    const white = new Float64Array(n);
    for (let axis = 0; axis < n; axis++) {
      let along = 0;
      for (let i = 0; i < n; i++) along += this.#axes[i * n + axis] * y[i];
      along /= this.#deviations[axis];
      for (let i = 0; i < n; i++) white[i] += this.#axes[i * n + axis] * along;
    }
    return white;
  }

  /** Widens coordinates with steps that have become too narrow to leave their value, and finds the axes anew. */
  #keepSteps(): void {
    const n = this.#n;
    for (let i = 0; i < n; i++) {
      const deviation = this.#sigma * Math.sqrt(this.#covariance[i * n + i]);
      const factor = (STEP_SHARE * this.#steps[i]) / deviation;
      if (!(factor > 1 && Number.isFinite(factor))) continue;
      for (let j = 0; j < n; j++) {
        this.#covariance[i * n + j] *= factor;
        this.#covariance[j * n + i] *= factor;
      }
    }
    const { values, vectors } = eigenSymmetric(this.#covariance, n);
    this.#axes = vectors;
    this.#deviations = values.map((value) => Math.sqrt(Math.max(value, 1e-20)));
  }
}

/** Weights and learning rates (table 1). */
interface Rates {
  weights: number[];
  /** Solutions with positive weights, μ. */
  parents: number;
  muEff: number;
  sigmaRate: number;
  sigmaDamping: number;
  pathRate: number;
  rankOne: number;
  rankMu: number;
  /** Expected length of a standard normal vector. */
  expectedNorm: number;
}

function ratesFor(n: number, population: number): Rates {
  const raw = Array.from({ length: population }, (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1));
  const parents = Math.floor(population / 2);
  const effective = (part: number[]): number => sum(part) ** 2 / sum(part.map((weight) => weight ** 2));
  const muEff = effective(raw.slice(0, parents));
  const rankOne = 2 / ((n + 1.3) ** 2 + muEff);
  const rankMu = Math.min(
    // So that large populations leave something of the old covariance.
    1 - rankOne - 1e-8,
    (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff),
  );
  const negative = Math.min(
    1 + rankOne / rankMu,
    1 + (2 * effective(raw.slice(parents))) / (muEff + 2),
    (1 - rankOne - rankMu) / (n * rankMu),
  );
  const positiveSum = sum(raw.filter((weight) => weight > 0));
  const negativeSum = -sum(raw.filter((weight) => weight < 0));
  const sigmaRate = (muEff + 2) / (n + muEff + 5);
  return {
    weights: raw.map((weight) => (weight >= 0 ? weight / positiveSum : (negative * weight) / negativeSum)),
    parents,
    muEff,
    sigmaRate,
    sigmaDamping: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + sigmaRate,
    pathRate: (4 + muEff / n) / (n + 4 + (2 * muEff) / n),
    rankOne,
    rankMu,
    expectedNorm: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}

/**
 * A step of a foreign point, no longer than a drawn one would be: a far one would tear the distribution apart. Hansen 2011,
 * “Injecting external solutions into CMA-ES”.
 */
function shortened(y: Float64Array, length: number): Float64Array {
  const longest = Math.sqrt(y.length) + (2 * y.length) / (y.length + 2);
  return length > longest ? y.map((x) => (x * longest) / length) : y;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const norm = (y: Float64Array): number => Math.hypot(...y);
