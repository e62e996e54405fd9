/** Round numbers for axes, and how many digits they need. */
import { formatCompact, formatNumber } from '../../../format';

/**
 * Multiples of 1, 2 or 5 times a power of ten in `[low, high]`, about `most` of them and never more than one beyond;
 * whole numbers only with `whole`. The one value where `low` equals `high`.
 */
export function roundTicks(low: number, high: number, most: number, whole = false): number[] {
  if (!(high > low)) return [low];
  const size = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(size));
  const times = [1, 2, 5, 10].find((factor) => factor * power >= size * (1 - 1e-9)) ?? 10;
  const step = whole ? Math.max(1, Math.round(times * power)) : times * power;
  const ticks: number[] = [];
  // Counted, not summed: ten times 0.1 is not 1.
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

/**
 * Ticks of a logarithmic axis, 0 < `low` ≤ `high`: powers of ten, or of two where both ends are such and the numbers
 * whole; 1, 2 and 5 between them where there is room; round numbers where the range holds none of these.
 */
export function logTicks(low: number, high: number, most: number, whole = false): number[] {
  if (!(high > low)) return [low];
  if (whole && isPowerOfTwo(low) && isPowerOfTwo(high)) return thinned(powers(2, low, high), most);
  const decades = powers(10, low, high);
  if (decades.length >= 2) {
    const fine = mantissas(low, high);
    return fine.length <= most ? fine : thinned(decades, most);
  }
  const fine = mantissas(low, high);
  return fine.length >= 2 ? thinned(fine, most) : roundTicks(low, high, most, whole);
}

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

function powers(base: number, low: number, high: number): number[] {
  const log = Math.log(base);
  const found: number[] = [];
  for (let k = Math.ceil(Math.log(low) / log - 1e-9); k <= Math.log(high) / log + 1e-9; k++) {
    found.push(Number((base ** k).toPrecision(12)));
  }
  return found;
}

function mantissas(low: number, high: number): number[] {
  const found: number[] = [];
  for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k++) {
    for (const factor of [1, 2, 5]) {
      const value = Number((factor * 10 ** k).toPrecision(12));
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) found.push(value);
    }
  }
  return found;
}

/** Every second, third … of `ticks`, so that at most `most` stay. */
function thinned(ticks: number[], most: number): number[] {
  const every = Math.ceil(ticks.length / Math.max(1, most));
  return ticks.filter((_, index) => index % every === 0);
}

/** Labels of ticks: as few digits as tell neighbours apart. */
export function tickLabels(ticks: readonly number[]): string[] {
  const largest = ticks.reduce((most, tick) => Math.max(most, Math.abs(tick)), 0);
  let gap = Infinity;
  for (let i = 1; i < ticks.length; i++) gap = Math.min(gap, Math.abs(ticks[i] - ticks[i - 1]));
  // Thousands as k only where that holds for all: 10 k beside 10,010 would read badly.
  const compact = largest >= 1e4 && ticks.every((tick) => Math.abs(tick) < 1e3 || digitsOf(tick) <= 3);
  return ticks.map((tick) => {
    const size = Math.abs(tick);
    // Between 1, 10 and 100 the smallest gap says nothing about the digits of the largest.
    const digits =
      gap === Infinity || size === 0 ? 4 : Math.max(1, Math.floor(Math.log10(size)) - Math.floor(Math.log10(gap)) + 1);
    return compact && size >= 1e3
      ? formatCompact(tick)
      : formatNumber(tick, Math.min(15, Math.max(digits, size >= 1e4 || size < 1e-4 ? 3 : 2)));
  });
}

/** Significant digits of a number as it is written. */
const digitsOf = (value: number): number =>
  value.toExponential().split('e')[0].replace('-', '').replace('.', '').replace(/0+$/, '').length;
