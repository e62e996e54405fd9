/** Loss, mean absolute error, root mean squared error and R² of a regression. */
import { LatheError } from '../../base/errors';
import type { Metrics } from '../../store/schema';
import type { MetricAccumulator } from './accumulator';

/** Sums kept for each target, in this order. */
const SUMS = ['count', 'absolute', 'squared', 'target', 'target_squared'] as const;

/**
 * Accumulates over standardised outputs and targets `[n, targets]` (NaN: unlabelled). MAE and RMSE are in the target's own
 * unit; where there are several targets, `mae`, `rmse` and `r2` are means over them. The loss is the mean squared
 * error of the standardised values.
 */
export class RegressionMetrics implements MetricAccumulator {
  readonly #std: number[];
  #sums: Float64Array;

  /** @param std Standard deviation of each target, in its own unit: what standardisation divided by. */
  constructor(std: number[]) {
    this.#std = std;
    this.#sums = new Float64Array(std.length * SUMS.length);
  }

  add(outputs: Float32Array, targets: Int32Array | Float32Array): number {
    let squared = 0;
    let labelled = 0;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      if (Number.isNaN(target)) continue;
      const error = outputs[i] - target;
      const at = (i % this.#std.length) * SUMS.length;
      this.#sums[at] += 1;
      this.#sums[at + 1] += Math.abs(error);
      this.#sums[at + 2] += error * error;
      this.#sums[at + 3] += target;
      this.#sums[at + 4] += target * target;
      squared += error * error;
      labelled++;
    }
    return labelled > 0 ? squared / labelled : 0;
  }

  result(): Metrics {
    const each = this.#std.map((std, i) => {
      const [count, absolute, squared, target, targetSquared] = this.#sums.subarray(
        i * SUMS.length,
        (i + 1) * SUMS.length,
      );
      // R² does not depend on the unit; standardised targets lie around 0, where this formula is exact enough.
      const spread = targetSquared - (target * target) / count;
      return {
        count,
        squared,
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
      loss: seen.reduce((sum, target) => sum + target.squared, 0) / count,
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
    if (state.length !== this.#sums.length) {
      throw new LatheError('storage', 'The saved metrics of the epoch are of another number of targets.');
    }
    this.#sums = Float64Array.from(state);
  }
}
