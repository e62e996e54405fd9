/** The Pareto front of a study as its page tells it. */
import type { StudyRow, TrialRow } from '../../../store/study';
import { isFeasible } from '../../studies';

/**
 * The complete trials that no other one beats: none is at least as good in every objective and better in one. Sorted by
 * the first objective, best first.
 */
export function frontOf({ objectives }: Pick<StudyRow, 'objectives'>, trials: readonly TrialRow[]): TrialRow[] {
  const costs = trials
    .flatMap((trial) => {
      const { values } = trial;
      if (!isFeasible(trial) || !values || values.length < objectives.length) return [];
      const cost = objectives.map(({ direction }, i) => (direction === 'minimize' ? values[i] : -values[i]));
      return cost.some(Number.isNaN) ? [] : [{ trial, cost }];
    })
    // Whatever beats a trial stands before it, so that looking at the front so far is enough.
    .sort((a, b) => compare(a.cost, b.cost));
  const front: typeof costs = [];
  for (const entry of costs) {
    if (!front.some(({ cost }) => beats(cost, entry.cost))) front.push(entry);
  }
  return front.map(({ trial }) => trial);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, index) => value !== b[index]);
  return i < 0 ? 0 : a[i] < b[i] ? -1 : 1;
}

const beats = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => value <= b[i]) && a.some((value, i) => value < b[i]);
