/** Points of a scatter chart: which trials, where, and in which colours. */
import type { Axis, TrialTable } from './table';
import { rampColors, stepOf, type Rgb, STEPS } from './palette';
import type { Dots, Ink } from './dot-raster';

/** Points of a scatter chart, by row of the table; the axes give their places. */
export interface Cloud {
  x: Axis;
  y: Axis;
  /** Rows that have a place on both axes, in the order in which they are drawn. */
  rows: Int32Array;
  /** By row of the table: an index into the colours of the chart. */
  ink: Uint8Array;
}

/** Rows that have both, in the order of `order`. */
export function rowsWithBoth(x: Axis, y: Axis, order: Int32Array): Int32Array {
  return order.filter((row) => !Number.isNaN(x.places[row]) && !Number.isNaN(y.places[row]));
}

/** The colour for what has no place on the ramp: the first beyond it. */
export const NEUTRAL = STEPS;

/** Colours by shade; trials that do not meet their constraints are neutral. */
export function rampInk({ feasible }: TrialTable, shades: Float32Array): Uint8Array {
  return Uint8Array.from(shades, (shade, row) => (feasible[row] === 1 ? stepOf(shade) : NEUTRAL));
}

/** The ramp, and the neutral colour after it. */
export const rampAndNeutral = (theme: string, neutral: Rgb): readonly Rgb[] => [...rampColors(theme), neutral];

/** How large points are, in pixels of the page: smaller where there are many. */
export function radiusFor(count: number, small: boolean): number {
  const base = count > 3000 ? 1.5 : count > 400 ? 2 : count > 60 ? 2.75 : 3.5;
  return small ? Math.max(1.25, base - 0.5) : base;
}

/** What a point looks like. */
export interface Look {
  color: Rgb;
  /** Drawn this much larger than others. */
  grow?: number;
  /** Drawn this strongly, 0 to 1. */
  alpha?: number;
}

/** From so many points on, rims would hide more than they tell apart. */
const RIMS_UP_TO = 1500;

/**
 * The points of a cloud as they are drawn: those that are not chosen faintly and first.
 * @param place The place of a row in pixels of the page.
 */
export function dotsOf(
  { rows, ink }: Cloud,
  { numbers }: TrialTable,
  x: Float32Array,
  y: Float32Array,
  looks: readonly Look[],
  brushed: ReadonlySet<number> | null,
  { ratio, small, rim, faint }: { ratio: number; small: boolean; rim: Rgb; faint: Rgb },
): Dots {
  const n = rows.length;
  const radius = radiusFor(n, small);
  const inks: Ink[] = looks.map(({ color, grow = 0, alpha = n > 3000 ? 0.75 : 0.92 }) => ({
    color,
    alpha,
    radius: (radius + grow) * ratio,
    rim: n <= RIMS_UP_TO ? rim : null,
  }));
  inks.push({ color: faint, alpha: n > 1000 ? 0.12 : 0.22, radius: radius * ratio, rim: null });
  const order = new Int32Array(n);
  const used = new Uint8Array(n);
  let at = 0;
  if (brushed) {
    for (let i = 0; i < n; i++) {
      if (brushed.has(numbers[rows[i]])) continue;
      used[i] = looks.length;
      order[at++] = i;
    }
  }
  for (let i = 0; i < n; i++) {
    if (brushed && !brushed.has(numbers[rows[i]])) continue;
    used[i] = ink[rows[i]];
    order[at++] = i;
  }
  return {
    x: x.map((value) => value * ratio),
    y: y.map((value) => value * ratio),
    order,
    ink: used,
    inks,
  };
}
