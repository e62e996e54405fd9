/** What a model is to predict, as numbers: class indices, or standardised values. */
import { LatheError } from '../../base/errors';
import { datasetClasses } from '../images/classes';
import type { CategoryColumn } from '../table/columns';
import { categoryLookup, meanAndStd } from './columns';

/**
 * The classes that occur in the training rows, sorted (numbers by value).
 * @throws LatheError of kind `data` when there is only one.
 */
export function fitClasses(column: CategoryColumn, train: Uint32Array, what: string): string[] {
  const seen = new Set<string>();
  for (const row of train) if (column.codes[row] >= 0) seen.add(column.values[column.codes[row]]);
  const classes = datasetClasses(seen);
  if (classes.length < 2) {
    throw new LatheError(
      'data',
      `${what} has only one class to learn from${classes[0] === undefined ? '' : ` (“${classes[0]}”)`}. Add examples of another, or choose another target.`,
      { column: what },
    );
  }
  return classes;
}

/** Class index of every row, -1 where it is missing or not among `classes`. */
export function classTargets(column: CategoryColumn, classes: string[]): Int32Array {
  const lookup = categoryLookup(classes);
  const places = column.values.map((value) => lookup(value) ?? -1);
  return column.codes.map((code) => (code < 0 ? -1 : places[code]));
}

/**
 * Mean and standard deviation of every target over the training rows.
 * @throws LatheError of kind `data` when a target never changes.
 */
export function fitTargetScale(
  targets: { name: string; values: Float64Array }[],
  train: Uint32Array,
): { mean: number[]; std: number[] } {
  const scales = targets.map(({ name, values }) => {
    const { mean, std } = meanAndStd(values, train);
    if (!(std > Math.abs(mean) * 1e-12)) {
      throw new LatheError(
        'data',
        `The target “${name}” is ${Number.isNaN(mean) ? 'missing' : `always ${mean}`} in the training split: there is nothing to learn. Choose another target.`,
        { column: name },
      );
    }
    return { mean, std };
  });
  return { mean: scales.map(({ mean }) => mean), std: scales.map(({ std }) => std) };
}

/** Standardised targets of some rows: `[rows, targets] float32`, NaN where one is missing. */
export function scaledTargets(
  targets: Float64Array[],
  scale: { mean: number[]; std: number[] },
  rows: ArrayLike<number>,
): Float32Array {
  const out = new Float32Array(rows.length * targets.length);
  for (let i = 0; i < rows.length; i++) {
    targets.forEach((values, t) => {
      out[i * targets.length + t] = (values[rows[i]] - scale.mean[t]) / scale.std[t];
    });
  }
  return out;
}
