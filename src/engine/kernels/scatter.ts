/**
 * Sums of rows by where they belong. tfjs adds them with compare-and-exchange, in whatever order they come; here each
 * result looks for its rows, in theirs.
 */
import { forEachIndex, indexWorkgroups, makeKernel, type Kernel } from '../kernel';
import type { tf } from '../tf';
import type { LatheBackend } from '../webgpu-backend';
import { embeddingGradient } from './embedding';

/**
 * `result[s] = Σ x[i]` over the `i` whose `ids[i]` is `s`; rows with another number count for nothing.
 * @param ids `[rows] int32`.
 * @param x `[rows, width] float32`.
 * @returns `[segments, width]`.
 */
export function segmentSum(
  backend: LatheBackend,
  ids: tf.TensorInfo,
  x: tf.TensorInfo,
  { rows, segments, width }: { rows: number; segments: number; width: number },
): tf.TensorInfo {
  const result = backend.allocate([segments, width]);
  const shape = { batch: 1, time: rows, vocabulary: segments, width };
  backend.run(embeddingGradient(shape, backend.storageOf(x)), [ids, x, result]);
  return result;
}

/**
 * Numbers of rows from their coordinates, `[rows, strides.length]` to `[rows]`, both int32. Bindings: `coordinates`,
 * `result`.
 */
export function flatIndices(rows: number, strides: number[]): Kernel {
  const rank = strides.length;
  return makeKernel({
    name: 'flat indices',
    bindings: [
      { name: 'coordinates', access: 'read', storage: 'int32' },
      { name: 'result', access: 'read_write', storage: 'int32' },
    ],
    workgroups: indexWorkgroups(rows),
    flops: 0,
    bytes: 4 * rows * (rank + 1),
    body: `${forEachIndex(rows)}
  var sum = 0;
  ${strides.map((stride, i) => `sum += coordinates[index * ${rank}u + ${i}u] * ${stride};`).join(' ')}
  result[index] = sum;
}`,
  });
}
