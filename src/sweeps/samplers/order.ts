/** From the best trial to the worst, whatever became of them. */
import type { Direction } from '../../config/search/search';
import type { TrialRow } from '../../store/study';
import { losses } from '../pareto';

/** Whether a trial has ended. */
export const isFinished = ({ state }: TrialRow): boolean =>
  state === 'complete' || state === 'pruned' || state === 'failed';

/** Losses of a complete trial, one an objective; null where it is not complete, or one is no number. */
export function lossesOf({ state, values }: TrialRow, directions: readonly Direction[]): number[] | null {
  if (state !== 'complete' || values?.length !== directions.length) return null;
  return values.some((value) => Number.isNaN(value)) ? null : losses(values, directions);
}

/**
 * Sorts finished trials by one objective, the best first: those that are complete by their losses; those that violate
 * constraints by how much; pruned ones, that which lasted longest first; then failed ones. Equals stay in order.
 */
export function bestFirst(trials: readonly TrialRow[], direction: Direction): TrialRow[] {
  const keyed = trials.map((trial) => ({ trial, key: sortKey(trial, direction) }));
  return keyed.sort((a, b) => a.key[0] - b.key[0] || compare(a.key[1], b.key[1])).map(({ trial }) => trial);
}

function sortKey(trial: TrialRow, direction: Direction): [group: number, within: number] {
  const own = lossesOf(trial, [direction]);
  if (own) return trial.violation > 0 ? [1, trial.violation] : [0, own[0]];
  return trial.state === 'pruned' ? [2, -(trial.intermediate.steps.at(-1) ?? 0)] : [3, 0];
}

/** Differences of infinities are no numbers. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
