/** From values to places along an axis, for charts of any size: 0 is its start, 1 its end. */
import { axisTicks, formatTick } from '../../base/axis';
import { formatSetting } from '../../base/format';
import type { Direction } from '../../config/search/search';
import type { ParameterValue } from '../../config/search/space';
import { toInternal, type Distribution } from '../space/distribution';

/** An axis. */
export interface Scale {
  /** Where `value` lies; outside of 0 to 1 where the axis does not reach it, NaN where it has no place. */
  at(value: number): number;
  ticks: { at: number; label: string }[];
}

/** An axis over `[low, high]`, both finite, that begins and ends at round numbers. */
export function linearScale(low: number, high: number, count = 5): Scale {
  const { min, max, step, ticks } = axisTicks(low, high, count);
  const at = (value: number): number => (value - min) / (max - min);
  return { at, ticks: ticks.map((tick) => ({ at: at(tick), label: formatTick(tick, step) })) };
}

/** A logarithmic axis over `[low, high]`, both above zero. */
export function logScale(low: number, high: number): Scale {
  const [first, last] =
    low < high ? [Math.log10(low), Math.log10(high)] : [Math.log10(low) - 0.5, Math.log10(low) + 0.5];
  const at = (value: number): number => (Math.log10(value) - first) / (last - first);
  const decades = last - first;
  const factors = decades <= 2.2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / 7));
  const ticks: Scale['ticks'] = [];
  for (let power = Math.floor(first); power <= Math.ceil(last); power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      const place = at(value);
      if (place > -1e-9 && place < 1 + 1e-9) ticks.push({ at: place, label: formatSetting(value) });
    }
  }
  return { at, ticks };
}

/** An axis with a place for each of `labels`, of which values are the indices. */
export function choiceScale(labels: readonly string[]): Scale {
  const at = (index: number): number => (index + 0.5) / labels.length;
  return { at, ticks: labels.map((label, index) => ({ at: at(index), label })) };
}

/** The axis of a parameter, over values as `toInternal` makes them. */
export function parameterScale(distribution: Distribution): Scale & { of(value: ParameterValue): number } {
  const scale =
    distribution.type === 'categorical'
      ? choiceScale(distribution.choices.map(choiceLabel))
      : distribution.log
        ? logScale(distribution.low, distribution.high)
        : linearScale(distribution.low, distribution.high);
  return { ...scale, of: (value) => scale.at(toInternal(distribution, value)) };
}

const choiceLabel = (choice: ParameterValue): string => (typeof choice === 'string' ? choice : JSON.stringify(choice));

/** From this ratio of the largest value to the smallest on, an axis is logarithmic. */
const LOG_FROM = 100;

/**
 * An axis for values of an objective. Bad values far from all others (a twentieth of them at most) are left outside: one
 * diverged trial would flatten everything else. Good ones never are.
 */
export function objectiveScale(values: readonly number[], direction: Direction): Scale {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return linearScale(0, 1);
  const quantile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  const isLog = sorted[0] > 0 && quantile(0.95) / quantile(0.05) >= LOG_FROM;
  const [to, from] = isLog ? [Math.log, Math.exp] : [(value: number) => value, (value: number) => value];
  let [low, high] = [to(sorted[0]), to(sorted[sorted.length - 1])];
  const margin = 2 * (to(quantile(0.95)) - to(quantile(0.05)));
  if (margin > 0 && direction === 'minimize') high = Math.min(high, to(quantile(0.95)) + margin);
  if (margin > 0 && direction === 'maximize') low = Math.max(low, to(quantile(0.05)) - margin);
  // What is left outside would only stretch the axis.
  const inside = sorted.filter((value) => to(value) >= low && to(value) <= high);
  [low, high] = [to(inside[0]), to(inside[inside.length - 1])];
  return isLog ? logScale(from(low), from(high)) : linearScale(low, high);
}
