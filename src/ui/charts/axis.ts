/** An axis of a chart: values to pixels and back, and the round values that are written beside it. */

/** One axis, laid out. */
export interface Axis {
  low: number;
  high: number;
  log: boolean;
  /** Pixel of a value; beyond the ends for values beyond the ends. */
  toPixel(value: number): number;
  toValue(pixel: number): number;
  /** Round values between the ends, ascending. */
  ticks: number[];
}

/** Lays an axis out from pixel `from` (its low end) to pixel `to`, with a tick about every `space` pixels. */
export function layAxis(
  low: number,
  high: number,
  options: { from: number; to: number; log?: boolean; space: number; whole?: boolean },
): Axis {
  const { from, to, space } = options;
  const log = options.log === true && low > 0;
  const [bottom, top] = widened(low, high, log);
  const scale = log ? Math.log : (value: number): number => value;
  const [start, span] = [scale(bottom), scale(top) - scale(bottom)];
  const count = Math.max(2, Math.floor(Math.abs(to - from) / space));
  return {
    low: bottom,
    high: top,
    log,
    toPixel: (value) => from + ((scale(value) - start) / span) * (to - from),
    toValue: (pixel) => {
      const at = start + ((pixel - from) / (to - from)) * span;
      return log ? Math.exp(at) : at;
    },
    ticks: log ? logTicks(bottom, top, count) : linearTicks(bottom, top, count, options.whole === true),
  };
}

/** A range of no width gets some. */
function widened(low: number, high: number, log: boolean): [number, number] {
  if (!(high >= low)) return log ? [1, 10] : [0, 1];
  if (high > low) return [low, high];
  return log
    ? [low / 2, high * 2]
    : [low - Math.max(Math.abs(low) * 0.1, 1e-6), high + Math.max(Math.abs(high) * 0.1, 1e-6)];
}

function linearTicks(low: number, high: number, count: number, whole: boolean): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? 10 * power;
  if (whole) step = Math.max(1, Math.round(step));
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    // 3 · 0.1 is written 0.3.
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

function logTicks(low: number, high: number, count: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades <= 1 ? [1, 2, 3, 5, 7] : decades <= 3 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil((decades * factors.length) / count / factors.length));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    if (power % stride !== 0) continue;
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (tick >= low * 0.9999 && tick <= high * 1.0001) ticks.push(tick);
    }
  }
  return ticks.length >= 2 ? ticks : linearTicks(low, high, count, false);
}

/** Lowest and highest of the finite values (of the positive ones for a logarithmic axis); null where there are none. */
export function extent(values: Iterable<number>, positive = false): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value) || (positive && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Values outside the middle by more than this many of its spans are taken for accidents. */
const FAR = 3;

/**
 * The range that shows what there is to see: that of all finite values, unless a few lie so far out that they would
 * flatten the rest (a trial that diverged); then the range of the middle nine tenths, with some air.
 */
export function robustExtent(values: readonly number[], positive = false): [number, number] | null {
  const all = extent(values, positive);
  if (!all || values.length < 10) return all;
  const sorted = Float64Array.from(values.filter((value) => Number.isFinite(value) && (!positive || value > 0))).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  const scale = positive ? Math.log : (value: number): number => value;
  const back = positive ? Math.exp : (value: number): number => value;
  const [low, high] = [scale(at(0.05)), scale(at(0.95))];
  const span = high - low;
  if (span === 0) return all;
  const [first, last] = [scale(all[0]), scale(all[1])];
  return [
    low - first > FAR * span ? back(low - span * 0.5) : all[0],
    last - high > FAR * span ? back(high + span * 0.5) : all[1],
  ];
}

/** A little air at both ends, for a single value some more; values that cannot be negative keep zero as their floor. */
export function withAir([low, high]: [number, number], log: boolean): [number, number] {
  if (log) {
    const air = (high / low) ** 0.05;
    return air > 1 ? [low / air, high * air] : [low, high];
  }
  const air = high > low ? (high - low) * 0.06 : Math.max(Math.abs(high) * 0.1, 1e-6);
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}
