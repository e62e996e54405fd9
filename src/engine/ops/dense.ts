/** Dense layers: one dispatch forward, two backward (three where the inner dimension is long and the kernel small). */
import type { Activation } from '../../config/activations';
import { needsBefore } from '../kernels/activation';
import { scaledGradient } from '../kernels/scaled-gradient';
import { weightGradient } from '../kernels/weight-gradient';
import { tf } from '../tf';
import type { LatheBackend } from '../webgpu-backend';
import { activated, plain } from './activate';
import { latheBackend } from './lathe-backend';
import { gradientOf, taped } from './taped';
import { value, type Value } from './value';

/** What a dense layer does beside the product. */
export interface DenseOptions {
  activation?: Activation;
  /** Added to the result, of its shape. Not together with an activation. */
  residual?: tf.Tensor;
  /** `[out]`, multiplies `x · kernel + bias` before the residual is added (layer scale, Touvron et al. 2021). Needs a bias. */
  scale?: tf.Tensor;
  /** The result in float32, however activations are stored. */
  wide?: boolean;
}

/**
 * `activation(x · kernel + bias)`, or `residual + scale ⊙ (x · kernel + bias)`.
 * @param x `[…, in]`.
 * @param kernel `[in, out] float32`.
 * @param bias `[out] float32`.
 * @returns `[…, out]`.
 */
export function dense(x: Value, kernel: tf.Tensor, bias: tf.Tensor | null, options: DenseOptions = {}): Value {
  const backend = latheBackend();
  return backend ? onDevice(backend, x, kernel, bias, options) : composite(x, kernel, bias, options);
}

function composite(
  x: Value,
  kernel: tf.Tensor,
  bias: tf.Tensor | null,
  { activation = 'linear', residual, scale }: DenseOptions,
): Value {
  const input = plain(x);
  const [inner, columns] = kernel.shape;
  const biased = tf.fused.matMul({
    a: input.reshape([-1, inner]),
    b: kernel.as2D(inner, columns),
    ...(bias ? { bias } : {}),
  });
  const scaled = scale ? tf.mul(biased, scale) : biased;
  const shaped = scaled.reshape([...input.shape.slice(0, -1), columns]);
  return value(activated(residual ? tf.add(shaped, residual) : shaped, activation));
}

function onDevice(
  backend: LatheBackend,
  x: Value,
  kernel: tf.Tensor,
  bias: tf.Tensor | null,
  { activation = 'linear', residual, scale, wide }: DenseOptions,
): Value {
  const [inner, columns] = kernel.shape;
  const { tensor } = x;
  const rows = tensor.size / inner;
  const shape = [...tensor.shape.slice(0, -1), columns];
  const storage = wide ? 'float32' : backend.activationStorage;
  const stored = { a: backend.storageOf(tensor), result: storage };
  const result = backend.allocate(shape, storage);
  const before = needsBefore(activation) ? backend.allocate(shape, storage) : null;
  backend.run(
    backend.products.kernel({
      rows,
      columns,
      inner,
      bias: bias !== null,
      activation,
      scale: scale !== undefined,
      residual: residual !== undefined,
      storage: { ...stored, ...(residual ? { residual: backend.storageOf(residual) } : {}) },
    }),
    [
      tensor,
      kernel,
      ...(bias ? [bias] : []),
      ...(scale ? [scale] : []),
      ...(residual ? [residual] : []),
      result,
      ...(before ? [before] : []),
    ],
  );

  const inputs = [
    ...(x.constant ? [] : [tensor]),
    kernel,
    ...(bias ? [bias] : []),
    ...(scale ? [scale] : []),
    ...(residual ? [residual] : []),
  ];
  const beforeTensor = before && tf.engine().makeTensorFromTensorInfo(before);
  const saved = [tensor, ...(x.before ? [x.before] : [])];
  const output = taped(inputs, result, saved, (dy) => {
    const gradients = weightGradients(backend, tensor, dy, kernel, bias, scale ?? null, rows);
    // The same data under another name: the tape may add to neither.
    if (residual) {
      backend.incRef(dy.dataId);
      gradients.push({ dataId: dy.dataId, shape: residual.shape, dtype: dy.dtype });
    }
    if (x.constant) return gradients;
    const dx = backend.allocate(tensor.shape, backend.activationStorage);
    const sloped = x.activation === 'linear' ? undefined : x.activation;
    backend.run(
      backend.products.kernel({
        rows,
        columns: inner,
        inner: columns,
        transposeB: true,
        innerScale: scale !== undefined,
        slope: sloped,
        storage: {
          a: backend.storageOf(dy),
          result: backend.activationStorage,
          y: backend.storageOf(tensor),
          ...(x.before ? { z: backend.storageOf(x.before) } : {}),
        },
      }),
      [
        dy,
        kernel,
        ...(scale ? [scale] : []),
        ...(sloped ? [tensor] : []),
        ...(sloped && x.before ? [x.before] : []),
        dx,
      ],
    );
    return [dx, ...gradients];
  });
  return { tensor: output, activation, before: beforeTensor, constant: false };
}

/** Gradients of kernel, bias and scale, in this order. */
function weightGradients(
  backend: LatheBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  kernel: tf.Tensor,
  bias: tf.Tensor | null,
  scale: tf.Tensor | null,
  rows: number,
): tf.TensorInfo[] {
  const [inner, columns] = kernel.shape;
  const kernelGradient = gradientOf(backend, kernel);
  const biasGradient = bias && gradientOf(backend, bias);
  const unscaled = scale ? backend.allocate(kernel.shape, 'float32', 'workspace') : kernelGradient;
  const sums = scale && bias ? backend.allocate(bias.shape, 'float32', 'workspace') : biasGradient;
  weightGradient(backend, { rows, inner, columns }, [x, dy], unscaled, sums);
  const gradients = [kernelGradient, ...(biasGradient ? [biasGradient] : [])];
  if (!scale) return gradients;
  if (!bias || !sums || !biasGradient) throw new RangeError('A layer scale needs a bias.');
  const scaleGradient = gradientOf(backend, scale);
  backend.run(scaledGradient(inner, columns), [
    unscaled,
    sums,
    kernel,
    bias,
    scale,
    kernelGradient,
    biasGradient,
    scaleGradient,
  ]);
  backend.disposeData(unscaled.dataId);
  backend.disposeData(sums.dataId);
  return [...gradients, scaleGradient];
}
