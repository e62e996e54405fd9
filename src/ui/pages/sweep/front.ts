/** The Pareto front of a study as its page tells it. */
import type { StudyRow, TrialRow } from '../../../store/study';
import { paretoFront, type ValuedTrial } from '../../../sweeps/pareto';
import { isBetter } from '../../../sweeps/study';

/** The complete trials that no other one beats, by the first objective, best first. */
export function frontOf({ objectives }: Pick<StudyRow, 'objectives'>, trials: readonly TrialRow[]): ValuedTrial[] {
  const directions = objectives.map(({ direction }) => direction);
  const [direction] = directions;
  return paretoFront(trials, directions).sort((a, b) =>
    isBetter(direction, a.values[0], b.values[0]) ? -1 : Number(isBetter(direction, b.values[0], a.values[0])),
  );
}
