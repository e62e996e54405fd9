/**
 * Compares a trial with the best one fold by fold, and ends it once it is surely worse: for values that do not improve with
 * the step but differ between steps, as those of folds do. Optuna's Wilcoxon pruner.
 */
import type { PrunerConfig } from '../../config/search/pruners';
import type { TrialRow } from '../../store/study';
import type { StudyView } from '../samplers/sampler';
import { isBetter } from '../study';
import { counted, figure } from './figures';
import type { Pruner } from './pruner';
import { signedRankGreater } from './signed-rank';

/** A test needs two folds at least. */
const FEWEST_FOLDS = 2;

/**
 * A signed-rank test over the folds that both the trial and the best complete trial have. A trial whose mean so far is as
 * good as the best one's goes on whatever the test says, and so does one with a value that is not finite.
 */
export function wilcoxonPruner(settings: Extract<PrunerConfig, { name: 'wilcoxon' }>): Pruner {
  const { p_threshold, n_startup_steps } = settings;
  return {
    prune(study, { intermediate: { steps, values } }) {
      const best = bestTrial(study);
      if (!best || best.intermediate.steps.length === 0) return null;
      const { steps: bestSteps, values: bestValues } = best.intermediate;
      if (![...values, ...bestValues].every(Number.isFinite)) return null;

      const [direction] = study.directions;
      const worseBy = steps.flatMap((step, i) => {
        const j = bestSteps.indexOf(step);
        if (j < 0) return [];
        return [direction === 'minimize' ? values[i] - bestValues[j] : bestValues[j] - values[i]];
      });
      if (worseBy.length < Math.max(FEWEST_FOLDS, n_startup_steps)) return null;
      const p = signedRankGreater(worseBy);
      if (!(p < p_threshold) || !isBetter(direction, mean(bestValues), mean(values))) return null;
      const folds = counted(worseBy.length, 'step');
      return `Over ${folds} it is worse than trial ${best.number}, the best so far, by more than chance (p = ${figure(p)}).`;
    },
  };
}

/** The best complete trial that meets its constraints; of equals the first. */
function bestTrial({ trials, directions: [direction] }: StudyView): TrialRow | null {
  let best: TrialRow | null = null;
  for (const trial of trials) {
    if (trial.state !== 'complete' || trial.violation > 0 || !trial.values) continue;
    if (!best?.values || isBetter(direction, trial.values[0], best.values[0])) best = trial;
  }
  return best;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
