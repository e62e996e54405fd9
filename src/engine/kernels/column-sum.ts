import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { tf } from '../tf';
import { runProgram } from './program';

/** Rows that one invocation adds up. */
const ROWS_EACH = 256;
/** Most invocations that share a column; their partial sums are added by a second dispatch. */
const MOST_GROUPS = 64;

/**
 * Sums of the columns of a matrix, times `factor`: what the gradient of a bias is, and tfjs computes by way of a transpose. The
 * order of additions is fixed.
 * @param x `rows · columns` numbers, row by row.
 * @returns `[columns]`
 */
export function columnSum(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  rows: number,
  columns: number,
  factor = 1,
): tf.TensorInfo {
  const groups = Math.min(MOST_GROUPS, Math.ceil(rows / ROWS_EACH));
  if (groups <= 1) return sumRows(backend, x, rows, columns, 1, factor);
  const partial = sumRows(backend, x, rows, columns, groups, 1);
  const total = sumRows(backend, partial, groups, columns, 1, factor);
  backend.disposeData(partial.dataId);
  return total;
}

function sumRows(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  rows: number,
  columns: number,
  groups: number,
  factor: number,
): tf.TensorInfo {
  return runProgram(
    backend,
    {
      // The factor is 1 or 1 / rows: a handful of shapes, so that it may stand in the code.
      key: `column_sum_${factor}`,
      outputShape: groups === 1 ? [columns] : [groups, columns],
      threads: groups * columns,
      inputs: ['x'],
      uniforms: { rows, columns, groups },
      workgroup: 16,
      body: `
        let group = index / uniforms.columns;
        let column = index % uniforms.columns;
        var sum = 0.0;
        for (var row = group; row < uniforms.rows; row += uniforms.groups) {
          sum += x[row * uniforms.columns + column];
        }
        result[index] = sum${factor === 1 ? '' : ` * ${factor}`};`,
    },
    [x],
  );
}
