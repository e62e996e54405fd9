/** Gradient of a matrix of weights and of its bias, `xᵀ · dy` and `Σ dy`, whatever the number of parts. */
import type { Storage } from '../kernel';
import type { tf } from '../tf';
import type { LatheBackend } from '../webgpu-backend';
import { productParts } from './product-variants';
import { sumParts } from './sum-parts';

/** Sides of a matrix of weights, `[inner, groups · columns]`, and the rows that it was used for. */
export interface WeightShape {
  rows: number;
  inner: number;
  columns: number;
  groups?: number;
}

/**
 * Writes `kernel = xᵀ · dy` and, where there is one, `bias = Σ dy`: one dispatch, or two where few tiles would not keep the
 * device busy.
 * @param x `[rows, groups · inner]`.
 * @param dy `[rows, groups · columns]`.
 */
export function weightGradient(
  backend: LatheBackend,
  { rows, inner, columns, groups = 1 }: WeightShape,
  [x, dy]: [tf.TensorInfo, tf.TensorInfo],
  kernel: tf.TensorInfo,
  bias: tf.TensorInfo | null,
): void {
  const parts = productParts({ rows: inner, columns, inner: rows, groups }, backend.target);
  const all = groups * columns;
  const workspace = (size: number): tf.TensorInfo => backend.allocate([parts, size], 'float32', 'workspace');
  const partials = parts > 1 ? workspace(inner * all) : kernel;
  const partialSums = bias && (parts > 1 ? workspace(all) : bias);
  const storage: { a: Storage; b: Storage } = { a: backend.storageOf(x), b: backend.storageOf(dy) };
  backend.run(
    backend.products.kernel({
      rows: inner,
      columns,
      inner: rows,
      groups,
      transposeA: true,
      columnSums: bias !== null,
      parts,
      storage,
    }),
    [x, dy, partials, ...(partialSums ? [partialSums] : [])],
  );
  if (parts === 1) return;
  const sums = partialSums && bias ? [partialSums, bias] : [];
  backend.run(sumParts(parts, inner * all, bias ? all : 0), [partials, kernel, ...sums]);
  backend.disposeData(partials.dataId);
  if (partialSums) backend.disposeData(partialSums.dataId);
}
