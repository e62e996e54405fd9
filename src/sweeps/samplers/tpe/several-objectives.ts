/**
 * The best of trials with several objectives: whole fronts of what nothing dominates, and of the front that does not fit the
 * part with the largest hypervolume, chosen greedily. Ozaki et al. (2022), “Multiobjective tree-structured Parzen estimator”,
 * doi:10.1613/jair.1.13188; Guerreiro et al. (2016), “Greedy hypervolume subset selection in low dimensions”,
 * doi:10.1162/EVCO_a_00188.
 */
import { hypervolume } from '../../pareto';
import { compare } from './order';

/** Indices of the `count` best of `losses`; less is better in every objective. */
export function bestOfSeveral(losses: readonly (readonly number[])[], count: number): number[] {
  if (count >= losses.length) return losses.map((_, i) => i);
  const chosen: number[] = [];
  let rest = losses.map((_, i) => i).sort((a, b) => compare(losses[a], losses[b]) || a - b);
  while (chosen.length < count) {
    const { front, behind } = peel(rest, losses);
    const room = count - chosen.length;
    if (front.length <= room) chosen.push(...front);
    else chosen.push(...largestVolume(finite(front.map((i) => losses[i])), room).map((place) => front[place]));
    rest = behind;
  }
  return chosen;
}

/** Indices `ordered` by their losses, divided into those that none of the others dominates and the rest. */
function peel(ordered: number[], losses: readonly (readonly number[])[]): { front: number[]; behind: number[] } {
  const front: number[] = [];
  const behind: number[] = [];
  // What dominates comes earlier in the order.
  for (const i of ordered) (front.some((other) => dominates(losses[other], losses[i])) ? behind : front).push(i);
  return { front, behind };
}

/** No worse anywhere, and better somewhere. */
function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] > b[i]) return false;
    if (a[i] < b[i]) better = true;
  }
  return better;
}

/** Infinite losses become the best or worst finite one of their objective: volumes stay finite. */
function finite(points: readonly (readonly number[])[]): number[][] {
  const bounds = points[0].map((_, objective) => {
    const values = points.map((point) => point[objective]).filter(Number.isFinite);
    return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
  });
  return points.map((point) =>
    point.map((value, objective) => {
      const [low, high] = bounds[objective];
      return low > high ? 0 : Math.min(high, Math.max(low, value));
    }),
  );
}

/** Places of `count` of `points` which together dominate much: each time the one that adds most. */
function largestVolume(points: number[][], count: number): number[] {
  const reference = points[0].map((_, objective) => {
    const worst = points.reduce((most, point) => Math.max(most, point[objective]), -Infinity);
    return Math.max(1.1 * worst, 0.9 * worst) || 1e-12;
  });
  const chosen: number[] = [];
  const volumes = points.map((point) => volumeTo(point, reference));
  // What a point adds only shrinks as others are chosen: an old figure is a bound, and most need no new one.
  const bounds = [...volumes];
  const left = [...points.keys()];
  while (chosen.length < count) {
    left.sort((a, b) => bounds[b] - bounds[a] || a - b);
    const selected = chosen.map((i) => points[i]);
    let best = 0;
    let most = -Infinity;
    for (let place = 0; place < left.length && bounds[left[place]] > most; place++) {
      const i = left[place];
      bounds[i] = volumes[i] - sharedVolume(points[i], selected, reference);
      if (bounds[i] > most) [best, most] = [place, bounds[i]];
    }
    chosen.push(...left.splice(best, 1));
  }
  return chosen;
}

/** Volume of the box between a point and the reference. */
function volumeTo(point: readonly number[], reference: readonly number[]): number {
  let volume = 1;
  for (let i = 0; i < point.length; i++) volume *= reference[i] - point[i];
  return volume;
}

/** How much of what `point` dominates, `others` dominate too. */
function sharedVolume(point: number[], others: number[][], reference: number[]): number {
  const limited = others.map((other) => other.map((value, i) => Math.max(value, point[i])));
  return hypervolume(limited, reference);
}
