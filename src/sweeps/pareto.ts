/**
 * Several objectives at once: which points dominate which, the Pareto front, and how good a front is. A point is an array of
 * losses, one an objective: less is better in each. `losses` makes one of a trial's values.
 */
import type { Direction } from '../config/search/search';
import type { TrialRow } from '../store/study';

/** One loss an objective; less is better. */
export type Point = readonly number[];

/** Values of objectives as losses: those to maximise change their sign. */
export const losses = (values: readonly number[], directions: readonly Direction[]): number[] =>
  values.map((value, i) => (directions[i] === 'maximize' ? -value : value));

/** Whether `a` is nowhere worse than `b` and somewhere better. A point with NaN dominates none and is dominated by none. */
export function dominates(a: Point, b: Point): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (!(a[i] <= b[i])) return false;
    if (a[i] < b[i]) better = true;
  }
  return better;
}

/**
 * The front of each point: 0 for those that none dominates, 1 for those that only these dominate, and so on. Equal points
 * share a front. Points must not hold NaN. Two objectives take O(n log n) (each front is known by its lowest second loss);
 * more take O(n²) at worst: efficient non-dominated sort with binary search (Zhang et al. 2015).
 */
export function nonDominatedRanks(points: readonly Point[]): number[] {
  const ranks = Array.from(points, () => 0);
  if (points.length === 0) return ranks;
  const order = lexicographic(points);
  // Whatever dominates a point stands before it in `order`; where a front has such a point, so has every front before it.
  const fronts: Point[][] = [];
  const lowest: number[] = [];
  const isDominated =
    points[0].length <= 2
      ? (front: number, point: Point) => lowest[front] <= (point.at(1) ?? Infinity)
      : // The latest points stand nearest: they dominate most often.
        (front: number, point: Point) => fronts[front].findLast((other) => dominates(other, point)) !== undefined;
  let before: number | null = null;
  for (const index of order) {
    const point = points[index];
    if (before !== null && isEqual(points[before], point)) {
      ranks[index] = ranks[before];
      continue;
    }
    before = index;
    let low = 0;
    let high = fronts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isDominated(middle, point)) low = middle + 1;
      else high = middle;
    }
    ranks[index] = low;
    if (low === fronts.length) {
      fronts.push([]);
      lowest.push(Infinity);
    }
    fronts[low].push(point);
    lowest[low] = point.at(1) ?? -Infinity;
  }
  return ranks;
}

/** A trial with a number for each objective. */
export type ValuedTrial = TrialRow & { values: number[] };

/** Whether a trial counts for the best: complete, meeting its constraints, every objective a number. */
export function isContender(trial: TrialRow): trial is ValuedTrial {
  const { state, violation, values } = trial;
  return state === 'complete' && violation <= 0 && values !== null && !values.some((value) => Number.isNaN(value));
}

/** The best trials: those that count and are dominated by none of the others. By number. */
export function paretoFront(trials: readonly TrialRow[], directions: readonly Direction[]): ValuedTrial[] {
  const candidates = trials.filter(isContender).filter(({ values }) => values.length === directions.length);
  const isBest = bestOf(candidates.map(({ values }) => losses(values, directions)));
  return candidates.filter((_, i) => isBest[i]).sort((a, b) => a.number - b.number);
}

/**
 * How far the neighbours of each point of a front are apart, summed over the objectives as shares of their ranges; infinite
 * for those at the ends (Deb et al. 2002, “A fast and elitist multiobjective genetic algorithm: NSGA-II”).
 */
export function crowdingDistances(points: readonly Point[]): number[] {
  const distances = Array.from(points, () => 0);
  for (let objective = 0; objective < (points.at(0)?.length ?? 0); objective++) {
    const order = Array.from(points, (_, i) => i).sort((a, b) => compare(points[a][objective], points[b][objective]));
    const sorted = order.map((index) => points[index][objective]);
    // Where all are the same the objective tells none apart.
    if (sorted[0] === sorted[sorted.length - 1]) continue;
    const finite = sorted.filter(Number.isFinite);
    const range = finite.length > 0 ? finite[finite.length - 1] - finite[0] : 0;
    for (let i = 0; i < order.length; i++) {
      const [below, above] = [sorted[i - 1] ?? -Infinity, sorted[i + 1] ?? Infinity];
      distances[order[i]] += below === above ? 0 : (above - below) / (range > 0 ? range : 1);
    }
  }
  return distances;
}

/**
 * The volume that `points` dominate up to `reference`, exactly. Points that are not better than the reference in every
 * objective add nothing. Two objectives take O(n log n). With more, each point adds what those after it leave to it; sorted by
 * the last objective, that is a volume of one dimension less (hypervolume by slicing objectives with the limited sets of
 * While et al. 2012, “A fast way of calculating exact hypervolumes”).
 */
export function hypervolume(points: readonly Point[], reference: Point): number {
  return volume(
    points.filter((point) => point.every((loss, i) => loss < reference[i])),
    reference,
    reference.length,
  );
}

function volume(points: readonly Point[], reference: Point, dimensions: number): number {
  if (points.length === 0) return 0;
  const last = dimensions - 1;
  if (dimensions === 1) return reference[0] - points.reduce((least, [loss]) => Math.min(least, loss), Infinity);
  if (dimensions === 2) return area(points, reference);
  const sorted = [...points].sort((a, b) => compare(b[last], a[last]));
  let total = 0;
  for (let i = 0; i < sorted.length; i++) {
    const point = sorted[i];
    const limited: number[][] = [];
    let box = 1;
    for (let d = 0; d < last; d++) box *= reference[d] - point[d];
    for (let j = i + 1; j < sorted.length; j++) {
      const corner = new Array<number>(last);
      for (let d = 0; d < last; d++) corner[d] = Math.max(point[d], sorted[j][d]);
      limited.push(corner);
    }
    const isBest = dimensions > 3 ? bestOf(limited) : null;
    const others = isBest ? limited.filter((_, j) => isBest[j]) : limited;
    total += (reference[last] - point[last]) * (box - volume(others, reference, last));
  }
  return total;
}

function area(points: readonly Point[], reference: Point): number {
  const sorted = [...points].sort((a, b) => compare(a[0], b[0]));
  let total = 0;
  let lowest = reference[1];
  for (const [x, y] of sorted) {
    if (y >= lowest) continue;
    total += (reference[0] - x) * (lowest - y);
    lowest = y;
  }
  return total;
}

/** Which points none of the others dominates. */
function bestOf(points: readonly Point[]): boolean[] {
  const isBest = Array.from(points, () => false);
  const dimensions = points.at(0)?.length ?? 0;
  const front: Point[] = [];
  let lowest = Infinity;
  let before: number | null = null;
  for (const index of lexicographic(points)) {
    const point = points[index];
    if (before !== null && isEqual(points[before], point)) {
      isBest[index] = isBest[before];
      continue;
    }
    before = index;
    const second = point.at(1) ?? 0;
    isBest[index] =
      dimensions <= 2 ? front.length === 0 || second < lowest : !front.some((other) => dominates(other, point));
    if (!isBest[index]) continue;
    front.push(point);
    lowest = second;
  }
  return isBest;
}

/** Indices in the order of the first loss, where that is the same of the second, and so on. */
function lexicographic(points: readonly Point[]): number[] {
  return Array.from(points, (_, i) => i).sort((i, j) => {
    const [a, b] = [points[i], points[j]];
    for (let k = 0; k < a.length; k++) {
      if (a[k] !== b[k]) return compare(a[k], b[k]);
    }
    return i - j;
  });
}

/** Differences of infinities are no numbers. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

const isEqual = (a: Point, b: Point): boolean => a.every((loss, i) => loss === b[i]);
