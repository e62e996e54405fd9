/** Where the lines of parallel coordinates run, and which of them is under the pointer. */
import { NOT_SET } from './brush';
import type { Axis } from './table';

/** Where axes stand, in pixels of the page. */
export interface ParallelLayout {
  /** Of each axis, from the left. */
  across: readonly number[];
  /** Of places 1 and 0, from the top. */
  top: number;
  bottom: number;
}

/** How far down a place of an axis is; of trials without the parameter below its end. */
export function downOf(place: number, { top, bottom }: ParallelLayout): number {
  return bottom - (Number.isNaN(place) ? NOT_SET : place) * (bottom - top);
}

/** By axis and then row: how far down its line passes. */
export function linesOf(axes: readonly Axis[], layout: ParallelLayout): Float32Array[] {
  return axes.map(({ places }) => places.map((place) => downOf(place, layout)));
}

/** The row whose line passes nearest to a point, within `reach` pixels up or down; of equals the last of `rows`. −1: none. */
export function nearestLine(
  across: readonly number[],
  down: readonly Float32Array[],
  rows: Int32Array,
  x: number,
  y: number,
  reach: number,
): number {
  const right = across.findIndex((position) => position >= x);
  if (right < 0 || x < across[0]) return -1;
  const left = Math.max(0, right - 1);
  const wide = across[right] - across[left];
  const share = wide > 0 ? (x - across[left]) / wide : 0;
  const [from, to] = [down[left], down[right]];
  let best = -1;
  let least = reach;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const distance = Math.abs(from[row] + (to[row] - from[row]) * share - y);
    if (distance <= least) {
      least = distance;
      best = row;
    }
  }
  return best;
}

/** `list` with the element at `from` taken out and put back at `to`. */
export function reordered<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}
