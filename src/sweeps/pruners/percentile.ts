/** Ends a trial whose best value is worse than a percentile of the others at the same step. Optuna's percentile pruner. */
import type { PrunerConfig } from '../../config/search/pruners';
import { bestValue } from './best-value';
import { isDue } from './due';
import { counted, figures } from './figures';
import type { Pruner } from './pruner';

type Settings = Extract<PrunerConfig, { name: 'percentile' }>;

/** Says why: the trial's best value, the step, the percentile's value, and how many trials it is of. */
type Sentence = (best: string, step: number, limit: string, trials: string) => string;

/** Keeps the best `percentile` percent of the trials. */
export const percentilePruner = (settings: Settings): Pruner =>
  prunerByPercentile(
    settings,
    (best, step, limit, trials) =>
      `Its best value ${best} at step ${step} is worse than ${limit}, which the best ${settings.percentile} % of ${trials} reached.`,
  );

/**
 * The rule of both the median and the percentile: once enough trials are complete, the best value of a trial so far
 * (whichever step it is of) against the percentile of what the complete trials reported at this very step. A trial that
 * reported no number at all is ended; one that no other reported this step with goes on.
 */
export function prunerByPercentile(settings: Omit<Settings, 'name'>, sentence: Sentence): Pruner {
  const { percentile, n_startup_trials, n_warmup_steps, interval_steps, n_min_trials } = settings;
  return {
    prune({ directions: [direction], trials }, { intermediate: { steps, values } }) {
      const complete = trials.filter(({ state }) => state === 'complete');
      if (complete.length === 0 || complete.length < n_startup_trials) return null;
      if (!isDue(steps, n_warmup_steps, interval_steps)) return null;
      const step = steps[steps.length - 1];
      const best = bestValue(direction, values);
      if (Number.isNaN(best)) return `None of its values up to step ${step} is a number.`;

      const others: number[] = [];
      for (const { intermediate } of complete) {
        const index = intermediate.steps.indexOf(step);
        if (index >= 0) others.push(intermediate.values[index]);
      }
      if (others.length < n_min_trials) return null;
      const numbers = Float64Array.from(others.filter((value) => !Number.isNaN(value))).sort();
      if (numbers.length === 0) return null;
      const limit = atPercentile(numbers, direction === 'maximize' ? 100 - percentile : percentile);
      const worse = direction === 'minimize' ? best > limit : best < limit;
      if (!worse) return null;
      const [shown, limitShown] = figures(best, limit);
      return sentence(shown, step, limitShown, counted(numbers.length, 'trial'));
    },
  };
}

/**
 * A percentile of sorted numbers, interpolated between neighbours as numpy does by default, to the last bit. Where it falls
 * on one of them it is that one, infinite neighbours or not (numpy then gives NaN).
 */
function atPercentile(sorted: Float64Array, percentile: number): number {
  const position = (sorted.length - 1) * (percentile / 100);
  const below = Math.floor(position);
  const share = position - below;
  const a = sorted[below];
  if (share === 0) return a;
  const b = sorted[below + 1];
  if (a === b) return a;
  if (!Number.isFinite(b - a)) return a + b;
  return share < 0.5 ? a + (b - a) * share : b - (b - a) * (1 - share);
}
