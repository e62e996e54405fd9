/** Which steps of a sitting are profiled. */
import type { RunConfig } from '../config/schema';

/** Steps counted from 1, both ends included. */
export interface ProfileWindow {
  /** First of the ordinary steps that the timed ones are held against. */
  observed: number;
  first: number;
  last: number;
}

/**
 * The steps to time in a sitting that starts behind step `start` and ends with step `total`. The first step of a sitting
 * records, so it is neither timed nor compared with, and at least one ordinary step comes before the timed ones.
 * @returns Null when too few steps are left: at least three are needed.
 */
export function profileWindow(
  { first_step, steps }: Pick<RunConfig['profiling'], 'first_step' | 'steps'>,
  start: number,
  total: number,
): ProfileWindow | null {
  const earliest = start + 3;
  if (earliest > total) return null;
  const first = Math.max(earliest, Math.min(first_step, total - steps + 1));
  return { observed: Math.max(start + 2, first - steps), first, last: Math.min(total, first + steps - 1) };
}
