/**
 * What trials had as values, as kernels take it: columns of numbers, sorted. What is costly is kept between suggestions and
 * changes nothing: rows of trials are never altered, those of trials that change are replaced.
 */
import type { TrialRow } from '../../../store/study';
import { contains } from '../../../config/search/ranges';
import { toAxis, toInternal } from '../../space/distribution';
import type { Parameter, Space } from '../../space/space';

/** Values of one parameter, one an observation: places on its axis, or indices of choices. */
export interface Column {
  values: Float64Array;
  /** Observations by value, equal ones by their place. */
  order: Int32Array;
}

/** A column of `values`. */
export const columnOf = (values: Float64Array): Column => ({
  values,
  order: sortedOrder(values, new Int32Array(0)),
});

/** Values of all parameters in some trials. */
export class Observations {
  readonly #space: Space;
  readonly #columns: readonly Column[];
  readonly #count: number;

  constructor(space: Space, trials: readonly TrialRow[]) {
    const cache = cacheOf(space);
    const vectors = trials.map((trial) => vectorOf(space, trial, cache.vectors));
    this.#space = space;
    this.#count = trials.length;
    this.#columns = space.parameters.map((_, p) => {
      const values = new Float64Array(vectors.length);
      for (let i = 0; i < values.length; i++) values[i] = vectors[i][p];
      const order = sortedOrder(values, cache.orders[p] ?? new Int32Array(0));
      cache.orders[p] = order;
      return { values, order };
    });
  }

  /** Columns of `parameters` in those of the trials at `places` (rising) that have a value for each of them. */
  select(parameters: readonly Parameter[], places: readonly number[]): { columns: Column[]; count: number } {
    const columns = parameters.map((parameter) => this.#columns[this.#space.parameters.indexOf(parameter)]);
    const rowOf = new Int32Array(this.#count).fill(-1);
    let count = 0;
    for (const place of places) {
      if (columns.every(({ values }) => !Number.isNaN(values[place]))) rowOf[place] = count++;
    }
    return { columns: columns.map((column) => selected(column, rowOf, count)), count };
  }
}

/** The rows of a column whose number in `rowOf` is not negative, under that number. */
function selected({ values, order }: Column, rowOf: Int32Array, count: number): Column {
  const selection = { values: new Float64Array(count), order: new Int32Array(count) };
  let rank = 0;
  for (const place of order) {
    const row = rowOf[place];
    if (row < 0) continue;
    selection.order[rank++] = row;
    selection.values[row] = values[place];
  }
  return selection;
}

interface Cache {
  vectors: WeakMap<TrialRow, Float64Array>;
  /** How the columns were sorted last. */
  orders: Int32Array[];
}

const CACHES = new WeakMap<Space, Cache>();

function cacheOf(space: Space): Cache {
  let cache = CACHES.get(space);
  if (!cache) CACHES.set(space, (cache = { vectors: new WeakMap(), orders: [] }));
  return cache;
}

/** A trial's values in the order of the space's parameters; NaN where it has none, or one that is not in the range. */
function vectorOf(space: Space, row: TrialRow, known: Cache['vectors']): Float64Array {
  let vector = known.get(row);
  if (vector) return vector;
  vector = Float64Array.from(space.parameters, ({ key, distribution }) => {
    if (!(key in row.params) || !contains(distribution, row.params[key])) return NaN;
    const internal = toInternal(distribution, row.params[key]);
    return distribution.type === 'categorical' ? internal : toAxis(distribution, internal);
  });
  known.set(row, vector);
  return vector;
}

/** More new values than this are sorted with all others, fewer are put in one by one. */
const FEW = 32;

/**
 * Places of `values` by value, equal ones by place, NaN last. `before` is how a like column was sorted: from one suggestion to
 * the next hardly anything changes, and to sort what is nearly sorted takes one pass.
 */
function sortedOrder(values: Float64Array, before: Int32Array): Int32Array {
  const n = values.length;
  const precedes = (a: number, b: number): boolean => {
    const [x, y] = [values[a], values[b]];
    return x < y || (!(x > y) && (Number.isNaN(x) === Number.isNaN(y) ? a < b : Number.isNaN(y)));
  };
  if (Math.abs(n - before.length) > FEW) {
    return Int32Array.from(values.keys()).sort((a, b) => (precedes(a, b) ? -1 : 1));
  }
  const order = new Int32Array(n);
  let sorted = 0;
  const insert = (place: number): void => {
    let i = sorted++;
    while (i > 0 && precedes(place, order[i - 1])) order[i] = order[--i];
    order[i] = place;
  };
  for (const place of before) if (place < n) insert(place);
  for (let place = before.length; place < n; place++) insert(place);
  return order;
}
