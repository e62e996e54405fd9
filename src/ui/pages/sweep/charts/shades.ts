/** How good each trial is, from 0 (worst) to 1 (best): what colours mean in the charts of a study. */
import type { Axis } from './table';

/** Shades of the rows of a table. */
export interface Shades {
  /** By row, 0 to 1; in the middle where all are equal. */
  values: Float32Array;
  /** What the two ends of the colours stand for. */
  from: string;
  to: string;
}

/** From so many trials on, the worst twentieth share one colour: a diverged trial must not make the others look alike. */
const ROBUST_FROM = 20;

/** Shades by the value of an objective, on its scale. */
export function shadesOf({ places, scale, direction }: Axis): Shades {
  const n = places.length;
  const toward = direction === 'maximize' ? 1 : -1;
  const goodness = places.map((place) => place * toward);
  const sorted = goodness.slice().sort();
  const best = sorted[n - 1];
  const cut = n >= ROBUST_FROM ? Math.floor(n / 20) : 0;
  const worst = sorted[cut];
  const span = best - worst;
  const text = (good: number): string => scale.format(scale.at(good * toward));
  const beyond = n > 0 && sorted[0] < worst;
  return {
    values: goodness.map((good) => (span > 0 ? Math.max(0, (good - worst) / span) : 0.5)),
    from: n === 0 ? '' : `${beyond ? (direction === 'maximize' ? '≤ ' : '≥ ') : ''}${text(worst)}`,
    to: n === 0 ? '' : text(best),
  };
}

/** Shades by position in time: the first row 0, the last 1. */
export function shadesInOrder(numbers: Int32Array): Shades {
  const n = numbers.length;
  const first = n > 0 ? numbers[0] : 0;
  const last = n > 0 ? numbers[n - 1] : 0;
  return {
    values: Float32Array.from(numbers, (number) => (last > first ? (number - first) / (last - first) : 1)),
    from: String(first),
    to: String(last),
  };
}

/** Rows by rising shade, so that what is drawn last, on top, is the best. */
export function byShade(shades: Float32Array, rows: Int32Array = Int32Array.from(shades.keys())): Int32Array {
  return rows.slice().sort((a, b) => shades[a] - shades[b]);
}
