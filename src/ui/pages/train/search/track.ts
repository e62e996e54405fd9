/** The drawn range of a number: where a value lies on its track, and which value lies under a point of it. */
import { formatSetting } from '../../../format';
import { tidy } from './default-range';

/** What a track spans. */
export interface Track {
  from: number;
  to: number;
  log: boolean;
}

/** Values that a handle can rest on. */
export interface Grid {
  integer: boolean;
  /** Distance between two values on a track that is not logarithmic; null: any. */
  step: number | null;
}

/** A range of numbers. */
interface Span {
  low: number;
  high: number;
}

/** Bounds that the config sets; null: none. */
export interface Limits {
  min: number | null;
  max: number | null;
}

const floorDecade = (value: number): number => tidy(10 ** Math.floor(Math.log10(value) + 1e-9));
const ceilDecade = (value: number): number => tidy(10 ** Math.ceil(Math.log10(value) - 1e-9));

/**
 * A track with room around the `usual` range, wide enough for `shown` too. It depends on `usual`, so that it stays where
 * it is while the range is dragged.
 */
export function trackOf(usual: Span, shown: readonly number[], log: boolean, { min, max }: Limits): Track {
  const values = shown.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const low = Math.max(min ?? -Infinity, -Number.MAX_VALUE);
  const high = Math.min(max ?? Infinity, Number.MAX_VALUE);
  if (log) {
    const top = usual.high > 0 ? usual.high : 1;
    const bottom = usual.low > 0 ? usual.low : top / 1000;
    // A decade on both sides of a wide range, less around a narrow one.
    const room = top / bottom >= 100 ? 10 : 4;
    let from = Math.max(bottom / room, low > 0 ? low : 0);
    let to = Math.min(top * room, high);
    const least = Math.min(...values);
    const most = Math.max(...values);
    if (least < from) from = floorDecade(least);
    if (most > to) to = ceilDecade(most);
    return { from: tidy(from), to: tidy(Math.max(to, from * 2)), log };
  }
  const span = usual.high - usual.low || 1;
  const pad = span / 2;
  const least = Math.min(usual.low >= 0 ? Math.max(0, usual.low - pad) : usual.low - pad, ...values);
  const most = Math.max(usual.high + pad, ...values);
  const from = Math.max(least, Math.min(low, ...values));
  const to = Math.min(most, Math.max(high, ...values));
  return { from: tidy(from), to: tidy(to > from ? to : from + 1), log };
}

/** Where `value` lies on the track, from 0 to 1; beyond its ends at its ends. */
export function toTrack({ from, to, log }: Track, value: number): number {
  const share = log ? (value <= 0 ? 0 : Math.log(value / from) / Math.log(to / from)) : (value - from) / (to - from);
  return Math.min(1, Math.max(0, share));
}

/** The value at `share` of the track that a handle can rest on: on the grid, else a round one. */
export function fromTrack(track: Track, share: number, grid: Grid): number {
  const { from, to, log } = track;
  const inside = Math.min(1, Math.max(0, share));
  const value = log ? from * (to / from) ** inside : from + inside * (to - from);
  return Math.min(to, Math.max(from, snap(track, value, grid)));
}

function snap({ from, to, log }: Track, value: number, { integer, step }: Grid): number {
  if (log) {
    const round = Number(value.toPrecision(2));
    return integer ? Math.max(1, Math.round(round)) : round;
  }
  const unit = step ?? (integer ? 1 : niceStep((to - from) / 200));
  const rounded = tidy(Math.round(value / unit) * unit);
  return integer ? Math.round(rounded) : rounded;
}

/** The value that an arrow key moves to: a step, or the next digit (1, 2, … 9, 10, 20 …) of a logarithmic range. */
export function nudge(track: Track, value: number, direction: 1 | -1, grid: Grid, large = false): number {
  if (track.log) {
    if (value <= 0) return track.from;
    if (large) return settle(value * 10 ** direction, grid);
    const decade = floorDecade(value);
    // One below a power of ten is nine of the decade under it.
    const unit = direction < 0 && value / decade < 1.000001 ? decade / 10 : decade;
    const next = direction > 0 ? Math.floor(value / unit + 1e-6) + 1 : Math.ceil(value / unit - 1e-6) - 1;
    return settle(next * unit, grid) === value ? value + direction : settle(next * unit, grid);
  }
  const unit = grid.step ?? (grid.integer ? 1 : niceStep((track.to - track.from) / 100));
  return tidy(value + direction * unit * (large ? 10 : 1));
}

const settle = (value: number, { integer }: Grid): number => (integer ? Math.round(value) : tidy(value));

/** The largest of 1, 2, 5, 10 … that is not above `size`, times a power of ten. */
export function niceStep(size: number): number {
  const decade = 10 ** Math.floor(Math.log10(size) + 1e-9);
  const lead = size / decade;
  return tidy(decade * (lead >= 5 - 1e-6 ? 5 : lead >= 2 - 1e-6 ? 2 : 1));
}

/** A mark on a track. */
export interface Tick {
  value: number;
  share: number;
  label: string;
}

/** At most `most` round values along the track, ends not included where they are not round. */
export function ticksOf(track: Track, most: number): Tick[] {
  const values = track.log ? logTicks(track, most) : linearTicks(track, most);
  return values.map((value) => ({ value, share: toTrack(track, value), label: formatSetting(value) }));
}

function linearTicks({ from, to }: Track, most: number): number[] {
  let step = niceStep((to - from) / most);
  while (Math.floor(to / step + 1e-9) - Math.ceil(from / step - 1e-9) + 1 > most) step = niceStep(step * 2.5);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, index) => tidy((first + index) * step));
}

function logTicks({ from, to }: Track, most: number): number[] {
  const first = Math.floor(Math.log10(from) - 1e-9);
  const last = Math.ceil(Math.log10(to) + 1e-9);
  const within = (value: number): boolean => value >= from * 0.999999 && value <= to * 1.000001;
  const ladder = (digits: number[], every: number): number[] =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index)
      .filter((power) => power % every === 0)
      .flatMap((power) => digits.map((digit) => tidy(digit * 10 ** power)))
      .filter(within);
  const candidates = [
    ladder([1, 2, 5], 1),
    ladder([1, 3], 1),
    ...[1, 2, 3, 4, 6, 8].map((every) => ladder([1], every)),
  ];
  return candidates.find((values) => values.length <= most) ?? [];
}

/** The values of a stepped range, for dots on the track; empty where there are none or more than `most`. */
export function stepsOf({ low, high }: Span, step: number | null, most: number): number[] {
  if (step === null || !(step > 0) || !(high >= low)) return [];
  const count = Math.floor((high - low) / step + 1e-8) + 1;
  return count > most ? [] : Array.from({ length: count }, (_, index) => tidy(low + index * step));
}
