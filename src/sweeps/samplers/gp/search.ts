/**
 * Finds where most improvement is expected: many random points, and from the best of them uphill, along slopes where there are
 * any, else from value to value.
 */
import type { RandomStream } from '../../../base/random';
import type { Axis } from './axis';
import { logImprovement } from './expected-improvement';
import { minimise } from './lbfgs';
import type { GaussianProcess } from './regression';

/** Random points that are climbed from, beside those that are given. */
const CLIMBS = 5;

/** Turns between slopes and values before a climb ends. */
const MAX_TURNS = 5;

const CLIMB = { low: 0, high: 1, tolerance: 1e-3, leastGain: 1e-6, maxIterations: 50 };

/** Variances below this are rounding. */
const MIN_VARIANCE = 1e-12;

/** What is searched. */
export interface Search {
  process: GaussianProcess;
  axes: readonly Axis[];
  /** Axes whose coordinate stays as it is. */
  held: ReadonlySet<Axis>;
  /** The least value so far, which is to be improved on. */
  best: number;
  /** Random points. */
  candidates: readonly Float64Array[];
  /** Points that are climbed from in any case. */
  starts: readonly Float64Array[];
  /** Whether constraints are met at a point. */
  isAllowed: (point: Float64Array) => boolean;
}

/** Points in the order of what they promise: the tops that were found, then the random ones. */
export function mostPromising(search: Search, random: RandomStream): Float64Array[] {
  const { candidates, starts } = search;
  const judged = candidates.map((point) => ({ point, value: logImprovementAt(search, point) }));
  judged.sort((a, b) => b.value - a.value);
  const climbed = [...judged.slice(0, 1), ...roulette(judged.slice(1), CLIMBS - 1, random)].map(({ point }) => point);
  const tops = [...climbed, ...starts].map((start) => climb(search, start));
  tops.sort((a, b) => b.value - a.value);
  return [...tops, ...judged].map(({ point }) => point);
}

interface Judged {
  point: Float64Array;
  value: number;
}

function logImprovementAt({ process, best }: Search, point: Float64Array): number {
  const { mean, variance } = process.predict(point);
  const deviation = Math.sqrt(variance + MIN_VARIANCE);
  return logImprovement((best - mean) / deviation).value + Math.log(deviation);
}

/** Draws without putting back, by expected improvement: tops that are far apart all have their chance. */
function roulette(sorted: readonly Judged[], count: number, random: RandomStream): Judged[] {
  const left = [...sorted];
  const drawn: Judged[] = [];
  const shares = left.map(({ value }) => Math.exp(value - left[0].value));
  while (drawn.length < count && left.length > 0) {
    let ticket = random.uniform() * shares.reduce((sum, share) => sum + share, 0);
    let index = 0;
    while (index < left.length - 1 && (ticket -= shares[index]) > 0) index++;
    drawn.push(...left.splice(index, 1));
    shares.splice(index, 1);
  }
  return drawn;
}

function climb(search: Search, start: Float64Array): Judged {
  const { axes, held, isAllowed } = search;
  const smooth = axes.flatMap((axis, i) => (axis.isSmooth && !held.has(axis) ? [i] : []));
  let here: Judged = { point: start, value: logImprovementAt(search, start) };
  const tryPoint = (point: Float64Array): boolean => {
    const value = logImprovementAt(search, point);
    if (!(value > here.value) || !isAllowed(point)) return false;
    here = { point, value };
    return true;
  };
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    let moved = smooth.length > 0 && tryPoint(alongSlopes(search, here.point, smooth));
    for (const [i, axis] of axes.entries()) {
      if (held.has(axis)) continue;
      for (const other of axis.neighbours(here.point[i])) {
        const point = Float64Array.from(here.point);
        point[i] = other;
        moved = tryPoint(point) || moved;
      }
    }
    // Slopes alone lead to their top at once.
    if (!moved || smooth.length === axes.length) break;
  }
  return here;
}

/** The top that is reached from `start` along the coordinates `smooth`, on values that can be taken. */
function alongSlopes({ process, axes, best }: Search, start: Float64Array, smooth: readonly number[]): Float64Array {
  const point = Float64Array.from(start);
  const byMean = new Float64Array(start.length);
  const byVariance = new Float64Array(start.length);
  const { x } = minimise(
    (coordinates, gradient) => {
      for (const [k, i] of smooth.entries()) point[i] = coordinates[k];
      const { mean, variance } = process.predictWithGradient(point, byMean, byVariance);
      const deviation = Math.sqrt(variance + MIN_VARIANCE);
      const z = (best - mean) / deviation;
      const { value, slope } = logImprovement(z);
      for (const [k, i] of smooth.entries()) {
        const byDeviation = byVariance[i] / (2 * deviation);
        gradient[k] = (slope * (byMean[i] + z * byDeviation) - byDeviation) / deviation;
      }
      return -(value + Math.log(deviation));
    },
    smooth.map((i) => start[i]),
    CLIMB,
  );
  for (const [k, i] of smooth.entries()) point[i] = axes[i].encode(axes[i].decode(x[k])) ?? x[k];
  return point;
}
