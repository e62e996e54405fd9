/** Axes: where a value stands between 0 (low) and 1 (high), and what is written beside it. */
import type { ParameterSpec, ParameterValue } from '../../../../config/search/space';
import { distributionOf } from '../../../../sweeps/space/distribution';
import { formatNumber } from '../../../format';
import { valueText } from './labels';
import { logTicks, roundTicks, tickLabels } from './ticks';

/** A mark on an axis. */
export interface Tick {
  /** 0 to 1. */
  place: number;
  label: string;
}

/** An axis. Categories are numbers too: the index of a choice. */
export interface Scale {
  kind: 'linear' | 'log' | 'category';
  /** 0 to 1 within the axis's range; NaN for what has no place. One value alone stands in the middle. */
  place(value: number): number;
  /** The value at a place; of categories the nearest one. */
  at(place: number): number;
  ticks(most: number): Tick[];
  format(value: number): string;
  /** How many equal parts a category axis has; null where values are continuous. */
  slots: number | null;
}

/** A linear or (`log`, for values above zero) logarithmic axis. `whole`: its values are whole numbers. */
export function numericScale(low: number, high: number, { log = false, whole = false } = {}): Scale {
  const from = log ? Math.log(low) : low;
  const span = (log ? Math.log(high) : high) - from;
  const place = (value: number): number => {
    if (!Number.isFinite(value) || (log && value <= 0)) return NaN;
    return span > 0 ? ((log ? Math.log(value) : value) - from) / span : 0.5;
  };
  return {
    kind: log ? 'log' : 'linear',
    slots: null,
    place,
    at: (at) => {
      const value = log ? Math.exp(from + at * span) : from + at * span;
      return whole ? Math.round(value) : value;
    },
    ticks: (most) => {
      const values = log ? logTicks(low, high, most, whole) : roundTicks(low, high, most, whole);
      const labels = tickLabels(values);
      return values.map((value, index) => ({ place: place(value), label: labels[index] }));
    },
    format: (value) => formatNumber(value, whole ? 12 : 4),
  };
}

/** An axis of choices, each with an equal part and its value in the middle of it. */
export function categoryScale(choices: readonly ParameterValue[]): Scale {
  const n = choices.length;
  const has = (index: number): boolean => Number.isInteger(index) && index >= 0 && index < n;
  const ticks = choices.map((choice, index) => ({ place: (index + 0.5) / n, label: valueText(choice) }));
  return {
    kind: 'category',
    slots: n,
    place: (index) => (has(index) ? (index + 0.5) / n : NaN),
    at: (place) => Math.min(n - 1, Math.max(0, Math.floor(place * n))),
    // Every choice has its name: left out it could not be told.
    ticks: () => ticks,
    format: (index) => (has(index) ? ticks[index].label : '–'),
  };
}

/** More than this between the smallest and the largest of values above zero asks for a logarithmic axis. */
const WIDE = 100;

/** The axis of an outcome, of which only the values are known: logarithmic where they lie orders of magnitude apart. */
export function outcomeScale(values: ArrayLike<number>): Scale {
  const [low, high] = extent(values);
  return numericScale(low, high, { log: low > 0 && high / low >= WIDE });
}

/** Lowest and highest of the finite values; 0 and 1 where there are none. */
export function extent(values: ArrayLike<number>): [low: number, high: number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/**
 * The axis of a parameter with the values that trials have of it (undefined: none), as numbers on that axis, NaN for none.
 * The range is the parameter's, wider where trials lie outside of it, as those of a study from a file may.
 */
export function parameterAxis(
  spec: ParameterSpec,
  values: readonly (ParameterValue | undefined)[],
): { scale: Scale; values: Float64Array } {
  const distribution = distributionOf(spec);
  const numbers = new Float64Array(values.length).fill(NaN);
  if (distribution.type === 'categorical') {
    const choices = [...distribution.choices];
    const indices = new Map(choices.map((choice, index) => [identity(choice), index]));
    values.forEach((value, row) => {
      if (value === undefined) return;
      const id = identity(value);
      let index = indices.get(id);
      if (index === undefined) {
        index = choices.push(value) - 1;
        indices.set(id, index);
      }
      numbers[row] = index;
    });
    return { scale: categoryScale(choices), values: numbers };
  }
  let { low, high } = distribution;
  values.forEach((value, row) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || (distribution.log && value <= 0)) return;
    numbers[row] = value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  });
  return {
    scale: numericScale(low, high, { log: distribution.log && low > 0, whole: distribution.type === 'int' }),
    values: numbers,
  };
}

/** The same text for the same value, lists by their content; cheaper than comparing each with each. */
const identity = (value: ParameterValue): string => (typeof value === 'string' ? `"${value}` : JSON.stringify(value));
