/** Every way to work out importance by its name, and how trials become what they take. */
import type { Direction } from '../../config/search/search';
import type { TrialRow } from '../../store/study';
import { cardinality, contains } from '../../config/search/ranges';
import { type Distribution } from '../space/distribution';
import type { Space } from '../space/space';
import { fanova } from './fanova';
import type { Evaluate, Importance, ImportanceEvaluator } from './importance';
import { pedAnova } from './ped-anova';

const EVALUATORS: { [E in ImportanceEvaluator]: Evaluate } = {
  ped_anova: pedAnova,
  fanova,
};

/** What importance is asked for. */
export interface ImportanceQuestion {
  /** Index of the objective. */
  objective: number;
  /** Which way that objective is better. */
  direction: Direction;
  evaluator: ImportanceEvaluator;
  /** Of the forest; the same seed gives the same answer. */
  seed: number;
}

/**
 * How much each parameter matters, most first. Only complete trials count whose objective is finite. A parameter that has a
 * single value matters nothing, one that no trial has is left out.
 * @returns Empty where nothing can be said: with fewer than two trials, or if all did equally well.
 */
export function importanceOf(
  trials: readonly TrialRow[],
  space: Space,
  { objective, direction, evaluator, seed }: ImportanceQuestion,
): Importance[] {
  const judged = trials.flatMap((trial) => {
    const value = trial.values?.[objective] ?? NaN;
    return trial.state === 'complete' && Number.isFinite(value)
      ? [{ trial, loss: direction === 'minimize' ? value : -value }]
      : [];
  });
  if (judged.every(({ loss }) => loss === judged[0].loss)) return [];
  const rows = judged.map(({ trial }) => trial);
  const found = space.parameters.flatMap(({ key, distribution }) => {
    const column = { key, distribution, values: valuesOf(rows, key, distribution) };
    return column.values.some((value) => !Number.isNaN(value)) ? [column] : [];
  });

  const losses = Float64Array.from(judged, ({ loss }) => loss);
  const varied = found.filter(({ distribution }) => cardinality(distribution) > 1);
  const raw = EVALUATORS[evaluator](varied, losses, seed);
  const total = raw.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return [];

  const share = new Map(varied.map(({ key }, i) => [key, raw[i] / total]));
  const best = bestOf(judged).params;
  return found
    .map(({ key }) => ({ key, importance: share.get(key) ?? 0, best: best[key] ?? null }))
    .sort((a, b) => b.importance - a.importance);
}

/** The best trial that meets its constraints; where none does, the best of all. Of equals the first. */
function bestOf(judged: readonly { trial: TrialRow; loss: number }[]): TrialRow {
  const feasible = judged.filter(({ trial }) => trial.violation <= 0);
  return (feasible.length > 0 ? feasible : judged).reduce((best, other) => (other.loss < best.loss ? other : best))
    .trial;
}

function valuesOf(trials: readonly TrialRow[], key: string, distribution: Distribution): Float64Array {
  if (distribution.type !== 'categorical') {
    return Float64Array.from(trials, ({ params }) => {
      const value = params[key];
      return typeof value === 'number' && contains(distribution, value) ? value : NaN;
    });
  }
  // Choices may be lists: found by their text, which ten thousand trials would otherwise write anew for every choice.
  const indices = new Map(distribution.choices.map((choice, index) => [JSON.stringify(choice), index]));
  return Float64Array.from(trials, ({ params }) =>
    key in params ? (indices.get(JSON.stringify(params[key])) ?? NaN) : NaN,
  );
}
