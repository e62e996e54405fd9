/** Trials as vectors of numbers, as kernels take them. */
import type { TrialRow } from '../../../store/study';
import { contains, toAxis, toInternal } from '../../space/distribution';
import type { Space } from '../../space/space';

/** By space and row: rows are never changed, those of trials that change are replaced. */
const CACHE = new WeakMap<Space, WeakMap<TrialRow, Float64Array>>();

/**
 * One number for each parameter of `space`, in its order: a number's place on its axis (its logarithm where the range is
 * logarithmic), a choice's index. NaN where the trial has no value, or one that is no longer in the range.
 */
export function observationsOf(space: Space, row: TrialRow): Float64Array {
  let rows = CACHE.get(space);
  if (!rows) CACHE.set(space, (rows = new WeakMap()));
  let vector = rows.get(row);
  if (!vector) rows.set(row, (vector = observe(space, row)));
  return vector;
}

function observe(space: Space, { params }: TrialRow): Float64Array {
  return Float64Array.from(space.parameters, ({ key, distribution }) => {
    if (!(key in params) || !contains(distribution, params[key])) return NaN;
    const internal = toInternal(distribution, params[key]);
    return distribution.type === 'categorical' ? internal : toAxis(distribution, internal);
  });
}
