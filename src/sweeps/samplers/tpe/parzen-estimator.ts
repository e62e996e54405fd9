/**
 * A Parzen estimator: a mixture with one kernel an observation, which is a product over the parameters, and a wide prior.
 * Watanabe (2023), “Tree-structured Parzen estimator”, arXiv:2304.11127.
 */
import type { RandomStream } from '../../../base/random';
import type { Distribution } from '../../space/distribution';
import { kernelsAt, type Kernels } from './kernels';
import type { Column } from './observations';

/** Observations that all weigh the same; older ones weigh less. */
const RECENT = 25;

/** What the prior weighs, where a recent observation weighs 1. */
const PRIOR_WEIGHT = 1;

/** Logarithm of a share of the largest kernel that no sum of a million such notices. */
const NEGLIGIBLE = -50;

/** The mixture. Points are internal values: numbers as parameters have them, or indices of choices. */
export class ParzenEstimator {
  readonly #kernels: Kernels[];
  readonly #weights: Float64Array;
  readonly #logWeights: Float64Array;
  readonly #sums: Float64Array;

  /**
   * @param columns Observations by parameter, oldest first.
   * @param weights What each observation weighs.
   */
  constructor(distributions: readonly Distribution[], columns: readonly Column[], weights: Float64Array) {
    this.#kernels = distributions.map((distribution, p) => kernelsAt(distribution, columns[p]));
    const n = weights.length;
    let total = PRIOR_WEIGHT;
    for (let k = 0; k < n; k++) total += weights[k];
    this.#weights = new Float64Array(n + 1);
    this.#logWeights = new Float64Array(n + 1);
    for (let k = 0; k <= n; k++) {
      this.#weights[k] = (k < n ? weights[k] : PRIOR_WEIGHT) / total;
      this.#logWeights[k] = Math.log(this.#weights[k]);
    }
    this.#sums = new Float64Array(n + 1);
  }

  /** Draws a point. */
  draw(random: RandomStream): number[] {
    let share = random.uniform();
    let k = 0;
    while (k < this.#weights.length - 1 && share >= this.#weights[k]) share -= this.#weights[k++];
    return this.#kernels.map((kernels) => kernels.draw(k, random));
  }

  /** Logarithm of the density at a point: along the axes of continuous parameters, of the mass of the others. */
  logPdf(point: readonly number[]): number {
    const sums = this.#sums;
    sums.set(this.#logWeights);
    for (let p = 0; p < point.length; p++) this.#kernels[p].addLog(point[p], sums);
    let largest = -Infinity;
    for (let k = 0; k < sums.length; k++) if (sums[k] > largest) largest = sums[k];
    let total = 0;
    for (let k = 0; k < sums.length; k++) {
      const below = sums[k] - largest;
      if (below > NEGLIGIBLE) total += Math.exp(below);
    }
    return largest + Math.log(total);
  }
}

/** Weights of `n` observations, oldest first: the most recent weigh 1, those before them rise to it from 1/n. */
export function recencyWeights(n: number): Float64Array {
  const weights = new Float64Array(n).fill(1);
  const older = n - RECENT;
  for (let i = 0; i < older; i++) weights[i] = 1 / n + (older > 1 ? (1 - 1 / n) * (i / (older - 1)) : 0);
  return weights;
}
