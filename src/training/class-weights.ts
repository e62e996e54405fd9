/** Weights of the classes in the loss, from the config and the class balance of the training split. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';

/**
 * One weight a class, or null where all weigh the same.
 * `balanced`: `n / (classes · count)`, as in scikit-learn; a class without examples gets 1.
 * @throws LatheError of kind `config` when a label is named that the data does not have.
 */
export function classWeights(
  setting: RunConfig['training']['class_weights'],
  classes: string[],
  counts: number[],
): Float64Array | null {
  if (setting === null) return null;
  if (setting === 'balanced') {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return Float64Array.from(counts, (count) => (count > 0 ? total / (classes.length * count) : 1));
  }
  const unknown = Object.keys(setting).find((label) => !classes.includes(label));
  if (unknown !== undefined) {
    const key = `training.class_weights.${unknown}`;
    throw new LatheError(
      'config',
      `${key}: the data has no class “${unknown}”. Its classes are ${classes.slice(0, 20).join(', ')}${classes.length > 20 ? ', …' : ''}.`,
      { key },
    );
  }
  return Float64Array.from(classes, (label) => setting[label] ?? 1);
}
