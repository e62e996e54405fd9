/** What a chart draws with: a context in CSS pixels, its axes, and the colours of the present theme. */
import { resolveColor } from '../colors';
import { theme } from '../state/theme.svelte';
import type { Axis } from './axis';
import type { Marks } from './marks';

/** One axis as a chart asks for it. */
export interface AxisSpec {
  low: number;
  high: number;
  log?: boolean;
  /** Ticks at whole numbers only. */
  whole?: boolean;
  /** What a tick says. */
  format: (value: number) => string;
  /** What the axis is, with its unit. */
  title: string;
}

/** The layout of a chart, for picking what lies under the pointer. */
export interface Layout {
  x: Axis;
  y: Axis;
}

/** A stretch of both axes, in their values. */
export interface Area {
  x: [number, number];
  y: [number, number];
}

/** What a chart draws with. */
export interface Pencil extends Layout {
  context: CanvasRenderingContext2D;
  marks: Marks;
  /** The plot’s box in pixels. */
  box: { left: number; top: number; right: number; bottom: number };
}

let known = new Map<string, string>();
let knownTheme = '';

/** A CSS colour (`var(--…)` too) as canvases take it, in the present theme; looked up once a theme. */
export function canvasColor(color: string): string {
  if (knownTheme !== theme.shown) {
    known = new Map();
    knownTheme = theme.shown;
  }
  let resolved = known.get(color);
  if (resolved === undefined) {
    resolved = resolveColor(color);
    known.set(color, resolved);
  }
  return resolved;
}

/** Squared distance in pixels within which the pointer is on a mark. */
export const REACH = 14 ** 2;
