import type { Direction } from '../../config/search/search';

/** The best of `values`; those that are no number do not count. NaN where there is none. */
export function bestValue(direction: Direction, values: readonly number[]): number {
  let best = NaN;
  for (const value of values) {
    if (Number.isNaN(best) || (direction === 'minimize' ? value < best : value > best)) best = value;
  }
  return best;
}
