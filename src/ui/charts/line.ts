/** Lines of a chart as data, and the shaping that drawing needs: thinning, and one axis of steps for all of them. */

/** One line of a chart. `steps` ascend; a value that is not finite is a gap. */
export interface Line {
  label: string;
  /** A CSS colour; `var(--…)` too. */
  color: string;
  steps: ArrayLike<number>;
  values: ArrayLike<number>;
  /** Pixels on and off; empty for a solid line. */
  dash?: number[];
  /** The unsmoothed original behind a smoothed line: drawn faintly, left out of the legend. */
  faint?: boolean;
}

/** More points a line than this are thinned before they are drawn: a screen has fewer columns. */
export const MAX_POINTS = 4000;

/**
 * Thins a line to at most about `limit` points, keeping the lowest and the highest of each stretch, so that no spike
 * is lost. Short lines are returned as they are.
 */
export function thin(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
  limit = MAX_POINTS,
): { steps: ArrayLike<number>; values: ArrayLike<number> } {
  const n = steps.length;
  if (n <= limit) return { steps, values };
  const buckets = Math.floor(limit / 2);
  const outSteps: number[] = [];
  const outValues: number[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * n) / buckets);
    const to = Math.floor(((bucket + 1) * n) / buckets);
    let low = from;
    let high = from;
    for (let i = from + 1; i < to; i++) {
      if (values[i] < values[low]) low = i;
      if (values[i] > values[high]) high = i;
    }
    for (const i of low === high ? [low] : low < high ? [low, high] : [high, low]) {
      outSteps.push(steps[i]);
      outValues.push(values[i]);
    }
  }
  if (outSteps.at(-1) !== steps[n - 1]) {
    outSteps.push(steps[n - 1]);
    outValues.push(values[n - 1]);
  }
  return { steps: outSteps, values: outValues };
}

/**
 * The lines over the union of their steps, as uPlot takes them: `[steps, values of line 0, …]`, null where a line has
 * no value. With `positive` (a logarithmic axis) values of zero and below are gaps as well.
 */
export function align(lines: readonly Line[], positive = false): [number[], ...(number | null)[][]] {
  const thinned = lines.map(({ steps, values }) => thin(steps, values));
  const shared = thinned.length > 0 && thinned.every(({ steps }) => sameSteps(steps, thinned[0].steps));
  const union = shared ? Array.from(thinned[0].steps) : unionOf(thinned.map(({ steps }) => steps));
  const columns = thinned.map(({ steps, values }) => {
    const column: (number | null)[] = new Array<number | null>(union.length).fill(null);
    let at = 0;
    for (let i = 0; i < steps.length; i++) {
      while (union[at] < steps[i]) at++;
      const value = values[i];
      column[at] = Number.isFinite(value) && (!positive || value > 0) ? value : null;
    }
    return column;
  });
  return [union, ...columns];
}

function sameSteps(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return (
    a === b ||
    (a.length === b.length &&
      a.length > 0 &&
      a[0] === b[0] &&
      a[a.length - 1] === b[b.length - 1] &&
      a[a.length >> 1] === b[b.length >> 1] &&
      every(a, b))
  );
}

function every(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function unionOf(lists: ArrayLike<number>[]): number[] {
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let offset = 0;
  for (const list of lists) {
    all.set(list, offset);
    offset += list.length;
  }
  all.sort();
  const union: number[] = [];
  for (const step of all) if (union.length === 0 || union[union.length - 1] !== step) union.push(step);
  return union;
}

/** The value of a line at the step nearest to `step`; null for an empty line. */
export function valueAt(line: Line, step: number): number | null {
  const { steps, values } = line;
  if (steps.length === 0) return null;
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low > 0 && step - steps[low - 1] < steps[low] - step ? values[low - 1] : values[low];
}
