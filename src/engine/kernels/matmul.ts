/**
 * Matrix products whose bits repeat. tfjs splits a long inner dimension among workgroups that add up with float atomics,
 * in whatever order they come: that variant is never used here.
 *
 * On a software adapter tiles in registers are used, 8×8 outputs an invocation and no workgroup memory: measured on
 * SwiftShader 4 to 4.7 GFLOP/s, against 0.6 to 0.7 of tfjs's tiles in workgroup memory, and 2 for 4×4 tiles.
 */
import { webgpu_util, type WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { activationFnSnippet } from '@tensorflow/tfjs-backend-webgpu/dist/activation_util';
import { batchMatMulImpl } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/BatchMatMul_impl';
import { tf } from '../tf';
import { reshaped, runProgram } from './program';

/** A product `activation(a · b + bias)` over matrices in the last two axes. */
export interface MatMul {
  a: tf.TensorInfo;
  b: tf.TensorInfo;
  transposeA: boolean;
  transposeB: boolean;
  /** `[columns]`. */
  bias?: tf.TensorInfo;
  activation?: tf.backend_util.Activation;
}

const TILE = 8;
const size = (shape: number[]): number => shape.reduce((product, side) => product * side, 1);

/** The product by the variant that suits the adapter. */
export function matMul(backend: WebGPUBackend, product: MatMul, software: boolean): tf.TensorInfo {
  if (software) return registerTiles(backend, product);
  const { rows, columns, inner, outer } = dimensions(product);
  return withoutSplitK(backend, { rows, columns, inner, batch: size(outer) }, () =>
    batchMatMulImpl({ backend, ...product }),
  );
}

/**
 * Runs a kernel of tfjs that multiplies matrices of these sizes. Where it would choose split-K (batch 1, an inner
 * dimension of 2,000 or more, few tiles of 32×32), small tiles are taken instead; its choice stands otherwise.
 */
export function withoutSplitK<T>(
  backend: WebGPUBackend,
  sizes: { rows: number; columns: number; inner: number; batch: number },
  run: () => T,
): T {
  const { rows, columns, inner, batch } = sizes;
  const few = backend.thresholdToIncreaseWorkgroups * (rows <= 8 ? 2 : 1);
  const splits =
    batch === 1 && inner >= 2000 && rows * columns > 128 && Math.ceil(rows / 32) * Math.ceil(columns / 32) <= few;
  if (!splits) return run();
  const env = tf.env();
  const before = env.getNumber('WEBGPU_MATMUL_PROGRAM_TYPE');
  env.set('WEBGPU_MATMUL_PROGRAM_TYPE', webgpu_util.MatMulProgramType.MatMulSmallOutputSizeProgram);
  try {
    return run();
  } finally {
    env.set('WEBGPU_MATMUL_PROGRAM_TYPE', before);
  }
}

function dimensions({ a, b, transposeA, transposeB }: MatMul): {
  rows: number;
  columns: number;
  inner: number;
  outer: number[];
} {
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  return {
    rows: transposeA ? aColumns : aRows,
    inner: transposeA ? aRows : aColumns,
    columns: transposeB ? bRows : bColumns,
    outer: tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
  };
}

function registerTiles(backend: WebGPUBackend, product: MatMul): tf.TensorInfo {
  const { a, b, transposeA, transposeB, bias, activation } = product;
  const { rows, columns, inner, outer } = dimensions(product);
  const [batch, batchA, batchB] = [size(outer), size(a.shape.slice(0, -2)), size(b.shape.slice(0, -2))];
  const tilesAcross = Math.ceil(columns / TILE);
  const tiles = Math.ceil(rows / TILE) * tilesAcross;
  const each = Array.from({ length: TILE }, (_, i) => i);
  const quads = [0, 1];
  const applied = activation && activation !== 'linear' ? activation : null;
  const out = runProgram(
    backend,
    {
      key: `matmul_${transposeA}_${transposeB}_${bias !== undefined}_${applied}`,
      outputShape: [batch, rows, columns],
      threads: batch * tiles,
      inputs: ['A', 'B', ...(bias ? ['bias'] : [])],
      // A small workgroup spreads few tiles over the cores.
      workgroup: 16,
      uniforms: { rows, columns, inner, tiles, tilesAcross, batchA, batchB },
      head: applied ? activationFnSnippet(applied, false, false, 3) : '',
      // Indices past the edge are pulled back onto it: what they compute is not written.
      body: `
        let batch = index / uniforms.tiles;
        let tile = index % uniforms.tiles;
        let row = (tile / uniforms.tilesAcross) * ${TILE};
        let column = (tile % uniforms.tilesAcross) * ${TILE};
        let baseA = (batch % uniforms.batchA) * uniforms.rows * uniforms.inner;
        let baseB = (batch % uniforms.batchB) * uniforms.inner * uniforms.columns;
        ${each.map((i) => `var a${i} = baseA + min(row + ${i}, uniforms.rows - 1)${transposeA ? '' : ' * uniforms.inner'};`).join('\n')}
        ${each.map((j) => `var b${j} = baseB + min(column + ${j}, uniforms.columns - 1)${transposeB ? ' * uniforms.inner' : ''};`).join('\n')}
        ${each.map((i) => quads.map((q) => `var sum${i}_${q} = vec4<f32>(0.0);`).join(' ')).join('\n')}
        let stepA = ${transposeA ? 'uniforms.rows' : '1'};
        let stepB = ${transposeB ? '1' : 'uniforms.columns'};
        for (var k = 0; k < uniforms.inner; k++) {
          ${quads.map((q) => `let y${q} = vec4<f32>(${[0, 1, 2, 3].map((l) => `B[b${4 * q + l}]`).join(', ')});`).join('\n')}
          ${each.map((j) => `b${j} += stepB;`).join(' ')}
          ${each.map((i) => `{ let x = A[a${i}]; a${i} += stepA; ${quads.map((q) => `sum${i}_${q} += x * y${q};`).join(' ')} }`).join('\n')}
        }
        ${each
          .map(
            (i) => `if (row + ${i} < uniforms.rows) {
              let base = (batch * uniforms.rows + row + ${i}) * uniforms.columns + column;
              ${each
                .map(
                  (j) => `if (column + ${j} < uniforms.columns) {
                    var value = sum${i}_${j >> 2}[${j & 3}]${bias ? ` + bias[column + ${j}]` : ''};
                    ${applied ? `value = activation(value, vec3<i32>(batch, row + ${i}, column + ${j}));` : ''}
                    result[base + ${j}] = value;
                  }`,
                )
                .join('\n')}
            }`,
          )
          .join('\n')}`,
    },
    [a, b, ...(bias ? [bias] : [])],
  );
  const shaped = reshaped(backend, out, [...outer, rows, columns]);
  backend.disposeData(out.dataId);
  return shaped;
}
