/** How the best value of a study came down, or up, trial by trial. */
import type { Direction } from '../../config/search/search';
import type { TrialRow } from '../../store/study';
import { isBetter } from '../study';

/** The trials that were the best when they ended, by number: complete and within their constraints. */
export function improvements(
  trials: readonly TrialRow[],
  direction: Direction,
  objective = 0,
): { number: number; value: number }[] {
  const steps: { number: number; value: number }[] = [];
  for (const { number, state, violation, values } of trials) {
    if (state !== 'complete' || violation > 0 || !values) continue;
    const value = values[objective];
    const best = steps.at(-1);
    if (!Number.isNaN(value) && (!best || isBetter(direction, value, best.value))) steps.push({ number, value });
  }
  return steps;
}
