/**
 * Convolution and its gradients as matrix products. tfjs computes the gradient of a filter with one invocation an
 * element of it, each looping over the whole batch; measured on SwiftShader for 16 images of 14×14×16 and 32 filters:
 * 264 ms there, 12 ms here.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { tf } from '../tf';
import { col2im, im2col, type ConvInfo } from './im2col';
import { matMul, type MatMul } from './matmul';
import { reshaped, runProgram } from './program';
import { reduceAxes } from './reduction';
import type { LatheBackend } from '../webgpu-backend';

/** Most numbers in a matrix of windows: 64 MiB of float32. Larger batches go in parts. */
const MOST_WINDOWS = 2 ** 24;

/** Whether the geometry is one that these kernels know. */
export function known(info: ConvInfo): boolean {
  return info.dataFormat === 'channelsLast' && info.dilationHeight === 1 && info.dilationWidth === 1;
}

/** Whether the windows of the whole batch fit in one matrix. */
export function fits(info: ConvInfo): boolean {
  return info.batchSize * windowNumbers(info) <= MOST_WINDOWS;
}

/** Numbers in the windows of one image. */
const windowNumbers = (info: ConvInfo): number =>
  info.outHeight * info.outWidth * info.filterHeight * info.filterWidth * info.inChannels;

/** `activation(x ∗ filter + bias)`, `[batch, outHeight, outWidth, outChannels]`. */
export function conv2d(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  info: ConvInfo,
  software: boolean,
  epilogue: Pick<MatMul, 'bias' | 'activation'> = {},
): tf.TensorInfo {
  const windows = im2col(backend, x, info);
  const matrix = reshaped(backend, filter, [windows.shape[1], info.outChannels]);
  const out = matMul(backend, { a: windows, b: matrix, transposeA: false, transposeB: false, ...epilogue }, software);
  const shaped = reshaped(backend, out, info.outShape);
  dispose(backend, windows, matrix, out);
  return shaped;
}

/** Gradient of the filter, `[filterHeight, filterWidth, inChannels, outChannels]`. */
export function filterGradient(
  backend: LatheBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  info: ConvInfo,
  software: boolean,
): tf.TensorInfo {
  const pixels = info.outHeight * info.outWidth;
  const taps = info.filterHeight * info.filterWidth * info.inChannels;
  const examples = Math.max(1, Math.min(info.batchSize, Math.floor(MOST_WINDOWS / windowNumbers(info))));
  // One product an example, or one for all where few cores would not profit: the partial results are then added up.
  const parts: tf.TensorInfo[] = [];
  for (let first = 0; first < info.batchSize; first += examples) {
    const count = Math.min(examples, info.batchSize - first);
    const windows = im2col(backend, x, info, first, count);
    const slice = sliceExamples(backend, dy, info, first, count);
    const groups = software ? 1 : count;
    const a = reshaped(backend, windows, [groups, (count / groups) * pixels, taps]);
    const b = reshaped(backend, slice, [groups, (count / groups) * pixels, info.outChannels]);
    const product = matMul(backend, { a, b, transposeA: true, transposeB: false }, software);
    const sum = groups > 1 ? reduceAxes(backend, product, [0], { kind: 'sum', dtype: 'float32' }) : null;
    parts.push(reshaped(backend, sum ?? product, [taps * info.outChannels]));
    dispose(backend, windows, slice, a, b, product, ...(sum ? [sum] : []));
  }
  const total = parts.reduce((sum, part) => {
    const both = addVectors(backend, sum, part);
    dispose(backend, sum, part);
    return both;
  });
  const shaped = reshaped(backend, total, info.filterShape);
  dispose(backend, total);
  return shaped;
}

/** Gradient of the input, `[batch, height, width, inChannels]`. Its windows must fit. */
export function inputGradient(
  backend: WebGPUBackend,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  info: ConvInfo,
  software: boolean,
): tf.TensorInfo {
  const taps = info.filterHeight * info.filterWidth * info.inChannels;
  const a = reshaped(backend, dy, [info.batchSize * info.outHeight * info.outWidth, info.outChannels]);
  const b = reshaped(backend, filter, [taps, info.outChannels]);
  const windows = matMul(backend, { a, b, transposeA: false, transposeB: true }, software);
  const out = col2im(backend, windows, info);
  dispose(backend, a, b, windows);
  return out;
}

/** `count` examples of `dy` from `first` on; all of them share the data. */
function sliceExamples(
  backend: WebGPUBackend,
  dy: tf.TensorInfo,
  info: ConvInfo,
  first: number,
  count: number,
): tf.TensorInfo {
  const length = info.outHeight * info.outWidth * info.outChannels;
  if (count === info.batchSize) return reshaped(backend, dy, [count * length]);
  return runProgram(
    backend,
    {
      key: 'slice_examples',
      outputShape: [count * length],
      threads: count * length,
      inputs: ['dy'],
      uniforms: { offset: first * length },
      body: 'result[index] = dy[uniforms.offset + index];',
    },
    [dy],
  );
}

function addVectors(backend: WebGPUBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  const body = 'result[index] = a[index] + b[index];';
  const program = {
    key: 'add_vectors',
    outputShape: a.shape,
    threads: a.shape[0],
    inputs: ['a', 'b'],
    uniforms: {},
    body,
  };
  return runProgram(backend, program, [a, b]);
}

function dispose(backend: WebGPUBackend, ...tensors: tf.TensorInfo[]): void {
  for (const { dataId } of tensors) backend.disposeData(dataId);
}
