/** Round numbers along an axis (Heckbert 1990, "Nice Numbers for Graph Labels", Graphics Gems). */

/** An axis from `min` to `max` with a tick every `step`. */
export interface Axis {
  min: number;
  max: number;
  step: number;
  ticks: number[];
}

/** An axis that holds `[low, high]`, with about `count` ticks at 1, 2 or 5 times a power of ten. */
export function axisTicks(low: number, high: number, count: number): Axis {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= span / count) ?? 10) * power;
  const first = Math.floor(low / step);
  // Equal ends would make an axis of no length.
  const last = Math.max(Math.ceil(high / step), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { min: first * step, max: last * step, step, ticks };
}

/** A tick's label: as many decimals as its step has, thousands shortened. */
export function formatTick(value: number, step: number): string {
  if (value === 0) return '0';
  if (step >= 1_000_000) return `${trim(value / 1_000_000)} M`;
  if (step >= 1000) return `${trim(value / 1000)} k`;
  if (step < 1e-4) return value.toExponential(1);
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step * 1.000_001))));
}

const trim = (value: number): string => String(Number(value.toPrecision(6)));
