/** What pruning was worth. */
import type { TrialRow } from '../../store/study';

/**
 * Optimizer steps that the pruned trials would have spent beyond their own, had each gone on for as many epochs (or folds)
 * as the median complete trial. Null where nothing was pruned, or no trial tells how long a whole one is.
 */
export function stepsSavedByPruning(trials: readonly TrialRow[]): number | null {
  const whole = trials
    .filter(({ state }) => state === 'complete')
    .map(({ intermediate }) => intermediate.steps.length)
    .sort((a, b) => a - b);
  const length = whole.at(whole.length >> 1) ?? 0;
  const pruned = trials.filter(
    ({ state, steps, intermediate }) => state === 'pruned' && steps > 0 && intermediate.steps.length > 0,
  );
  if (length === 0 || pruned.length === 0) return null;
  return pruned.reduce(
    (saved, { steps, intermediate: { steps: reports } }) =>
      saved + Math.max(0, Math.round(steps * (length / reports.length - 1))),
    0,
  );
}
