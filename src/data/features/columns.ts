/** Columns of a table as inputs of a model: fitted on training rows, applied to any. */
import type { ColumnTransform } from '../../store/schema';
import type { CategoryColumn } from '../table/columns';
import { readNumber } from '../values/number';
import { columnWidth } from './schema';

/** Categories that get a place of their own; rarer ones share the place of what is unknown. */
export const MAX_CATEGORIES = 256;

/** A fit, or why the column says nothing. */
export type Fit<T> = { transform: T; useless: null } | { transform: null; useless: 'missing' | 'constant' };

/** Mean and spread of the values of `rows` that are there (population standard deviation, two passes). */
export function meanAndStd(values: Float64Array, rows: Uint32Array): { mean: number; std: number; present: number } {
  let sum = 0;
  let present = 0;
  for (const row of rows) {
    if (Number.isNaN(values[row])) continue;
    sum += values[row];
    present++;
  }
  const mean = present > 0 ? sum / present : NaN;
  let squares = 0;
  for (const row of rows) if (!Number.isNaN(values[row])) squares += (values[row] - mean) ** 2;
  return { mean, std: present > 0 ? Math.sqrt(squares / present) : NaN, present };
}

/** Fits standardisation to the numbers of the training rows; missing ones become the mean, told apart by an indicator. */
export function fitNumber(
  name: string,
  values: Float64Array,
  train: Uint32Array,
): Fit<Extract<ColumnTransform, { role: 'number' }>> {
  const { mean, std, present } = meanAndStd(values, train);
  if (present === 0) return { transform: null, useless: 'missing' };
  const missing = present < train.length;
  // Rounding leaves a trace of spread in a constant that no double holds exactly.
  const constant = !(std > Math.abs(mean) * 1e-12);
  if (constant && !missing) return { transform: null, useless: 'constant' };
  return {
    transform: { name, role: 'number', mean, std: constant ? 1 : std, missing_indicator: missing },
    useless: null,
  };
}

/** Fits one-hot encoding to the categories of the training rows, sorted. */
export function fitCategory(
  name: string,
  column: CategoryColumn,
  train: Uint32Array,
): Fit<Extract<ColumnTransform, { role: 'category' }>> & { rare: number } {
  const counts = new Uint32Array(column.values.length);
  let missing = 0;
  for (const row of train) {
    if (column.codes[row] < 0) missing++;
    else counts[column.codes[row]]++;
  }
  const seen = column.values.map((value, code) => ({ value, count: counts[code] })).filter(({ count }) => count > 0);
  if (seen.length === 0) return { transform: null, useless: 'missing', rare: 0 };
  if (seen.length === 1 && missing === 0) return { transform: null, useless: 'constant', rare: 0 };
  const kept = seen.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).slice(0, MAX_CATEGORIES);
  return {
    transform: { name, role: 'category', values: kept.map(({ value }) => value).sort() },
    useless: null,
    rare: seen.length - kept.length,
  };
}

/** A column ready to be written into batches. */
export interface ColumnInput {
  /** Numbers it becomes. */
  width: number;
  /** Writes row `row` at `out[at] …`, which is zero. */
  write(row: number, out: Float32Array, at: number): void;
}

/** Applies a fitted number or date transform to values. */
export function numberInput(
  transform: Extract<ColumnTransform, { role: 'number' | 'date' }>,
  values: Float64Array,
): ColumnInput {
  const { mean, std, missing_indicator: indicator } = transform;
  return {
    width: columnWidth(transform),
    write(row, out, at) {
      const value = values[row];
      if (!Number.isNaN(value)) out[at] = (value - mean) / std;
      else if (indicator) out[at + 1] = 1;
    },
  };
}

/** Applies a fitted category transform to a column, whose values may be others than those fitted. */
export function categoryInput(
  transform: Extract<ColumnTransform, { role: 'category' }>,
  column: CategoryColumn,
): ColumnInput {
  const unknown = transform.values.length;
  const lookup = categoryLookup(transform.values);
  const places = column.values.map((value) => lookup(value) ?? unknown);
  return {
    width: unknown + 1,
    write(row, out, at) {
      const code = column.codes[row];
      out[at + (code < 0 ? unknown : places[code])] = 1;
    },
  };
}

/**
 * What a column held, from the numbers `input[at] …` that it became: a number, an ISO date, a category; null where it was
 * missing or unknown. Numbers went through float32, whose seven digits are what is given back.
 */
export function shownValue(transform: ColumnTransform, input: Float32Array, at: number): string | number | null {
  if (transform.role === 'category') {
    const place = input.subarray(at, at + transform.values.length).indexOf(1);
    return place < 0 ? null : transform.values[place];
  }
  if (transform.missing_indicator && input[at + 1] === 1) return null;
  const value = input[at] * transform.std + transform.mean;
  if (transform.role === 'number') return Number(value.toPrecision(7));
  const date = new Date(Math.round(value * 24) * 3_600_000);
  if (Number.isNaN(date.getTime())) return null;
  return date.toISOString().replace(/T00:00:00\.000Z$/, '');
}

/** Finds a value among `values`: as it is written, or else as the same number (`1.0` is `1`). */
export function categoryLookup(values: string[]): (value: string) => number | undefined {
  const exact = new Map(values.map((value, i) => [value, i]));
  const numeric = new Map<number, number>();
  values.forEach((value, i) => {
    const number = readNumber(value, false);
    if (!Number.isNaN(number) && !numeric.has(number)) numeric.set(number, i);
  });
  return (value) => exact.get(value) ?? numeric.get(readNumber(value, false));
}
