/** Asks another pruner only once a trial no longer improves. Optuna's patient pruner. */
import type { PrunerConfig } from '../../config/search/pruners';
import type { Direction } from '../../config/search/search';
import { bestValue } from './best-value';
import { counted, figures } from './figures';
import type { Asked, Pruner } from './pruner';

type Settings = Extract<PrunerConfig, { name: 'patient' }>;

/**
 * A trial no longer improves when the best of its last `patience + 1` values is worse than the best before them by more than
 * `min_delta`; values that are no numbers do not count. With `none` inside it ends then.
 * @param create Makes the pruner inside, which is asked only then.
 */
export function patientPruner(
  { patience, min_delta, pruner }: Settings,
  create: (settings: Settings['pruner'], asked: Asked) => Pruner,
): Pruner {
  const inner =
    pruner.name === 'none'
      ? null
      : create(pruner, (study, { intermediate: { values } }, index) => {
          const [direction] = study.directions;
          return stalled(direction, values.slice(0, index + 1), patience, min_delta) !== null;
        });
  return {
    prune(study, trial) {
      const [direction] = study.directions;
      const found = stalled(direction, trial.intermediate.values, patience, min_delta);
      if (!found) return null;
      const recent = `last ${counted(patience + 1, 'step')}`;
      if (inner) {
        const why = inner.prune(study, trial);
        return why && `${why.replace(/\.$/, '')}, and its ${recent} improved nothing.`;
      }
      const [before, since] = figures(found.before, found.since);
      return `Its ${recent} reached ${since} at best, after ${before} before them.`;
    },
  };
}

/** The best value before the last `patience + 1` and the best of these, where that is worse; null where it is not. */
function stalled(
  direction: Direction,
  values: readonly number[],
  patience: number,
  minDelta: number,
): { before: number; since: number } | null {
  if (values.length <= patience + 1) return null;
  const before = bestValue(direction, values.slice(0, -patience - 1));
  const since = bestValue(direction, values.slice(-patience - 1));
  const worse = direction === 'minimize' ? before + minDelta < since : before - minDelta > since;
  return worse ? { before, since } : null;
}
