import type { Direction } from '../config/search/search';
import type { TrialRow } from '../store/study';
export function paretoFront(trials: readonly TrialRow[], directions: readonly Direction[]): number[] {
  void directions;
  return trials.filter(({ state }) => state === 'complete').map(({ number }) => number);
}
