/**
 * Finds a minimum of a smooth function inside a box: L-BFGS (Nocedal & Wright 2006, algorithm 7.4) on the coordinates that are
 * not held at the edge, and steps that are cut off at it (Bertsekas 1982, “Projected Newton methods”).
 */

/** Returns the value at `x` and writes the gradient. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

/** Where it looks, and when it stops. */
export interface Bounds {
  low: number;
  high: number;
  /** Stops once no coordinate would move further than this along the gradient. */
  tolerance: number;
  /** Stops once a step gains less than this. */
  leastGain: number;
  maxIterations: number;
}

/** Steps that the curvature is estimated from. */
const MEMORY = 8;

/** Halvings of a step before it is given up. */
const MAX_HALVINGS = 20;

/** The least value that was found from `start`, and where. */
export function minimise(
  evaluate: SmoothFunction,
  start: ArrayLike<number>,
  { low, high, tolerance, leastGain, maxIterations }: Bounds,
): { x: Float64Array; value: number } {
  const n = start.length;
  const clip = (value: number): number => Math.min(high, Math.max(low, value));
  let x: Float64Array = Float64Array.from(start, clip);
  let gradient: Float64Array = new Float64Array(n);
  let value = evaluate(x, gradient);
  let memory: Step[] = [];
  for (let iteration = 0; iteration < maxIterations && Number.isFinite(value); iteration++) {
    const free = x.map((xi, i) => ((xi <= low && gradient[i] > 0) || (xi >= high && gradient[i] < 0) ? 0 : 1));
    const left = x.reduce((most, xi, i) => Math.max(most, Math.abs(clip(xi - gradient[i]) - xi)), 0);
    if (left <= tolerance) break;

    let direction = newtonDirection(gradient, free, memory);
    if (!(dot(direction, gradient) < 0)) {
      memory = [];
      direction = gradient.map((g, i) => -g * free[i]);
    }
    // Nothing is known of the scale at first.
    let length = memory.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(direction, direction)));
    let next: { x: Float64Array; gradient: Float64Array; value: number } | null = null;
    for (let halving = 0; halving < MAX_HALVINGS && !next; halving++, length /= 2) {
      const tried = x.map((xi, i) => clip(xi + length * direction[i]));
      const triedGradient = new Float64Array(n);
      const triedValue = evaluate(tried, triedGradient);
      const promised = tried.reduce((sum, xi, i) => sum + gradient[i] * (xi - x[i]), 0);
      if (triedValue <= value + 1e-4 * promised) next = { x: tried, gradient: triedGradient, value: triedValue };
    }
    if (!next) break;

    const before = gradient;
    const moved = next.x.map((xi, i) => xi - x[i]);
    const turned = next.gradient.map((g, i) => g - before[i]);
    // Only a step along which the slope rises tells of curvature.
    if (dot(moved, turned) > 1e-12 * dot(turned, turned)) memory = [...memory, { moved, turned }].slice(-MEMORY);
    const gained = value - next.value;
    ({ x, gradient, value } = next);
    if (gained <= leastGain) break;
  }
  return { x, value };
}

interface Step {
  /** Difference of points, and of gradients. */
  moved: Float64Array;
  turned: Float64Array;
}

/** Minus the inverse curvature times the gradient, over the free coordinates: the two-loop recursion. */
function newtonDirection(gradient: Float64Array, free: Float64Array, memory: readonly Step[]): Float64Array {
  const direction = gradient.map((g, i) => -g * free[i]);
  const steps = memory
    .map(({ moved, turned }) => ({
      moved: moved.map((m, i) => m * free[i]),
      turned: turned.map((t, i) => t * free[i]),
    }))
    .map((step) => ({ ...step, curvature: dot(step.moved, step.turned) }))
    .filter(({ curvature }) => curvature > 0);
  const shares = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k--) {
    const { moved, turned, curvature } = steps[k];
    shares[k] = dot(moved, direction) / curvature;
    add(direction, turned, -shares[k]);
  }
  const last = steps.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.turned, last.turned);
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (const [k, { moved, turned, curvature }] of steps.entries()) {
    add(direction, moved, shares[k] - dot(turned, direction) / curvature);
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  for (let i = 0; i < to.length; i++) to[i] += times * what[i];
}
