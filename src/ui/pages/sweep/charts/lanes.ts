/** Bars over time, side by side where they overlap: what ran at once. */

/** More lanes than this cannot be told apart: later bars share the lane that is free first. */
const MOST = 64;

/**
 * The lane of each bar, counted from 1: the first that is free when it begins.
 * @param bars By their beginning.
 */
export function lanesOf(bars: readonly { from: number; to: number }[]): number[] {
  /** When each lane is free again. */
  const free: number[] = [];
  return bars.map(({ from, to }) => {
    let lane = free.findIndex((end) => end <= from);
    if (lane < 0) lane = free.length < MOST ? free.length : free.indexOf(Math.min(...free));
    free[lane] = to;
    return lane + 1;
  });
}
