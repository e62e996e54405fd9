/** Loss, mean absolute error, root mean squared error and R² of a regression. */
import { LatheError } from '../../base/errors';
import type { Metrics } from '../../store/schema';
import type { MetricAccumulator } from './accumulator';

/** Sums kept for each target, in this order. */
const SUMS = ['count', 'absolute', 'squared', 'target', 'target_squared'] as const;

/**
 * Accumulates over standardised outputs and targets `[n, targets]` (NaN: unlabelled). MAE and RMSE are in the target's own
 * unit; where there are several targets, `mae`, `rmse` and `r2` are means over them. The loss is that of the standardised
 * values: the mean squared error, or Huber's.
 */
export class RegressionMetrics implements MetricAccumulator {
  readonly #std: number[];
  readonly #delta: number | null;
  /** Sums of each target: with Huber's loss that of the loss behind `SUMS`. */
  readonly #kept: number;
  readonly #sums: Float64Array;

  /**
   * @param std Standard deviation of each target, in its own unit: what standardisation divided by.
   * @param delta Of Huber's loss; null: squared error.
   */
  constructor(std: number[], delta: number | null = null) {
    this.#std = std;
    this.#delta = delta;
    this.#kept = SUMS.length + (delta === null ? 0 : 1);
    this.#sums = new Float64Array(std.length * this.#kept);
  }

  add(outputs: Float32Array, targets: Int32Array | Float32Array): number {
    let total = 0;
    let labelled = 0;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      if (Number.isNaN(target)) continue;
      const error = outputs[i] - target;
      const at = (i % this.#std.length) * this.#kept;
      this.#sums[at] += 1;
      this.#sums[at + 1] += Math.abs(error);
      this.#sums[at + 2] += error * error;
      this.#sums[at + 3] += target;
      this.#sums[at + 4] += target * target;
      const loss = this.#delta === null ? error * error : huber(error, this.#delta);
      if (this.#delta !== null) this.#sums[at + SUMS.length] += loss;
      total += loss;
      labelled++;
    }
    return labelled > 0 ? total / labelled : 0;
  }

  result(): Metrics {
    const each = this.#std.map((std, i) => {
      const sums = this.#sums.subarray(i * this.#kept, (i + 1) * this.#kept);
      const [count, absolute, squared, target, targetSquared] = sums;
      // R² does not depend on the unit; standardised targets lie around 0, where this formula is exact enough.
      const spread = targetSquared - (target * target) / count;
      return {
        count,
        loss: this.#delta === null ? squared : sums[SUMS.length],
        mae: (absolute / count) * std,
        rmse: Math.sqrt(squared / count) * std,
        r2: spread > 0 ? 1 - squared / spread : 0,
      };
    });
    const seen = each.filter(({ count }) => count > 0);
    const count = seen.reduce((sum, target) => sum + target.count, 0);
    if (count === 0) return {};
    const mean = (key: 'mae' | 'rmse' | 'r2'): number =>
      seen.reduce((sum, target) => sum + target[key], 0) / seen.length;
    return {
      loss: seen.reduce((sum, target) => sum + target.loss, 0) / count,
      mae: mean('mae'),
      rmse: mean('rmse'),
      r2: mean('r2'),
    };
  }

  confusion(): null {
    return null;
  }

  reset(): void {
    this.#sums.fill(0);
  }

  save(): number[] {
    return [...this.#sums];
  }

  restore(state: number[]): void {
    this.reset();
    this.merge(state);
  }

  merge(state: number[]): void {
    if (state.length !== this.#sums.length) {
      throw new LatheError('storage', 'The saved metrics of the epoch are of another loss or number of targets.');
    }
    state.forEach((sum, i) => (this.#sums[i] += sum));
  }
}

/** Huber's loss (1964) of one error. */
function huber(error: number, delta: number): number {
  const size = Math.abs(error);
  return size <= delta ? 0.5 * error * error : delta * (size - 0.5 * delta);
}
