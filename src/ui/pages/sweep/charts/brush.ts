/** Ranges on axes, and the trials that lie within all of them. */
import type { Axis } from './table';

/** A part of an axis, in places: `low` ≤ `high`. */
export interface Range {
  low: number;
  high: number;
}

/** Ranges by the id of their axis. */
export type Brushes = Readonly<Record<string, Range>>;

/** Where trials stand that do not have a parameter: below its axis. */
export const NOT_SET = -0.12;

/** The range of the trials without the parameter alone. */
const ONLY_NOT_SET: Range = { low: 2 * NOT_SET, high: NOT_SET / 2 };

/** Places closer than this are one: places are kept in single precision. */
const SLACK = 1e-6;

/** Numbers of the rows that lie within every range; null where there is none. */
export function brushedNumbers(
  axes: readonly Axis[],
  numbers: Int32Array,
  brushes: Brushes,
): ReadonlySet<number> | null {
  const active = axes.filter(({ id }) => id in brushes);
  if (active.length === 0) return null;
  const inside = new Uint8Array(numbers.length).fill(1);
  for (const { id, places } of active) {
    const low = brushes[id].low - SLACK;
    const high = brushes[id].high + SLACK;
    for (let row = 0; row < inside.length; row++) {
      const place = Number.isNaN(places[row]) ? NOT_SET : places[row];
      if (place < low || place > high) inside[row] = 0;
    }
  }
  const chosen = new Set<number>();
  for (let row = 0; row < inside.length; row++) if (inside[row] === 1) chosen.add(numbers[row]);
  return chosen;
}

/** The range between two places, on a category axis widened to whole choices. */
export function rangeBetween(a: number, b: number, slots: number | null): Range {
  const low = Math.max(2 * NOT_SET, Math.min(a, b));
  const high = Math.min(1, Math.max(a, b));
  // Both ends at “not set”.
  if (high < NOT_SET / 2) return ONLY_NOT_SET;
  const from = low < NOT_SET / 2 ? 2 * NOT_SET : Math.max(0, low);
  const to = Math.max(0, high);
  if (slots === null) return { low: from, high: to };
  return { low: from < 0 ? from : Math.floor(from * slots) / slots, high: Math.ceil(to * slots) / slots };
}

/** A range moved as far as the axis goes, its length kept. */
export function moved({ low, high }: Range, by: number, floor: number): Range {
  const shift = Math.min(1 - high, Math.max(floor - low, by));
  return { low: low + shift, high: high + shift };
}

/** How far an arrow key moves a range along a continuous axis. */
const KEY_STEP = 0.05;
/** The range that an arrow key begins with on a continuous axis. */
const FIRST_RANGE = 0.25;

/**
 * The range after an arrow key. Without a range, up chooses the top of the axis and down its bottom; then both move it, or
 * (`stretch`) its upper end. Below the bottom lies “not set”, where trials lack the parameter (`missing`).
 */
export function stepped(
  range: Range | null,
  up: boolean,
  stretch: boolean,
  slots: number | null,
  missing: boolean,
): Range {
  const step = slots === null ? KEY_STEP : 1 / slots;
  const first = slots === null ? FIRST_RANGE : step;
  const bottom = { low: 0, high: first };
  if (!range) return up ? { low: 1 - first, high: 1 } : bottom;
  if (range.high <= 0) return up ? bottom : range;
  const { low, high } = range;
  if (stretch) return { low, high: Math.min(1, Math.max(Math.max(low, 0) + step, high + (up ? step : -step))) };
  if (!up && missing && low <= SLACK) return ONLY_NOT_SET;
  return moved({ low: Math.max(0, low), high }, up ? step : -step, 0);
}

/**
 * Ranges carried over to axes whose scales have grown with new trials: they keep their values, not their places. What is
 * no longer an axis loses its range.
 */
export function carried(brushes: Brushes, before: readonly Axis[], after: readonly Axis[]): Brushes {
  const kept: Record<string, Range> = {};
  for (const { id, scale } of after) {
    if (!(id in brushes)) continue;
    const old = before.find((axis) => axis.id === id)?.scale;
    const range = brushes[id];
    kept[id] = range;
    if (!old || old.slots !== null || (old.at(0) === scale.at(0) && old.at(1) === scale.at(1))) continue;
    const place = (at: number): number => {
      const value = at < 0 ? NaN : scale.place(old.at(at));
      return Number.isNaN(value) ? at : Math.min(1, Math.max(0, value));
    };
    kept[id] = { low: place(range.low), high: place(range.high) };
  }
  return kept;
}
