/** Ends a trial whose value leaves a range, or is no number. Optuna's threshold pruner. */
import type { PrunerConfig } from '../../config/search/pruners';
import { isDue } from './due';
import { figures } from './figures';
import type { Pruner } from './pruner';

/** Looks at the last value alone; where both limits are null only at whether it is a number. */
export function thresholdPruner(settings: Extract<PrunerConfig, { name: 'threshold' }>): Pruner {
  const { lower, upper, n_warmup_steps, interval_steps } = settings;
  return {
    prune(_study, { intermediate: { steps, values } }) {
      if (!isDue(steps, n_warmup_steps, interval_steps)) return null;
      const step = steps[steps.length - 1];
      const value = values[values.length - 1];
      if (Number.isNaN(value)) return `Its value at step ${step} is no number.`;
      if (lower !== null && value < lower) {
        const [shown, limit] = figures(value, lower);
        return `Its value ${shown} at step ${step} is below ${limit}.`;
      }
      if (upper !== null && value > upper) {
        const [shown, limit] = figures(value, upper);
        return `Its value ${shown} at step ${step} is above ${limit}.`;
      }
      return null;
    },
  };
}
