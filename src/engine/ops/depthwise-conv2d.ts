/** Depthwise convolution: one filter a channel. One dispatch forward, two or three backward. */
import { needsBefore } from '../kernels/activation';
import { depthwise, depthwiseFilterGradient, depthwiseInputGradient, depthwiseParts } from '../kernels/depthwise';
import { sumParts } from '../kernels/sum-parts';
import { tf } from '../tf';
import { activated, plain } from './activate';
import { convolutionGeometry, type Conv2dOptions } from './conv2d';
import { latheBackend } from './lathe-backend';
import { gradientOf, taped } from './taped';
import { value, type Value } from './value';

/**
 * `activation(x ∗ filter + bias)`, each channel by itself.
 * @param filter `[height, width, channels, 1] float32`.
 * @param bias `[channels] float32`.
 */
export function depthwiseConv2d(
  x: Value,
  filter: tf.Tensor,
  bias: tf.Tensor | null,
  options: Omit<Conv2dOptions, 'dilation' | 'groups'>,
): Value {
  const { strides, padding, activation = 'linear' } = options;
  const backend = latheBackend();
  const [filterHeight, filterWidth, channels] = filter.shape;
  if (!backend) {
    const input = plain(x);
    const [batch, height, width] = input.shape;
    const product = tf.fused.depthwiseConv2d({
      x: input.as4D(batch, height, width, channels),
      filter: filter.as4D(filterHeight, filterWidth, channels, 1),
      strides,
      pad: padding,
      ...(bias ? { bias } : {}),
    });
    return value(activated(product, activation));
  }
  const { tensor } = x;
  const geometry = convolutionGeometry(tensor.shape, [filterHeight, filterWidth, channels, channels], options);
  const shape = [geometry.batch, geometry.outHeight, geometry.outWidth, channels];
  const storage = backend.activationStorage;
  const result = backend.allocate(shape, storage);
  const before = needsBefore(activation) ? backend.allocate(shape, storage) : null;
  const forward = { bias: bias !== null, activation, x: backend.storageOf(tensor), result: storage };
  backend.run(depthwise(geometry, forward), [
    tensor,
    filter,
    ...(bias ? [bias] : []),
    result,
    ...(before ? [before] : []),
  ]);
  const inputs = [...(x.constant ? [] : [tensor]), filter, ...(bias ? [bias] : [])];
  const saved = [tensor, ...(x.before ? [x.before] : [])];
  const beforeTensor = before && tf.engine().makeTensorFromTensorInfo(before);
  const output = taped(inputs, result, saved, (dy) => {
    const gradients = [gradientOf(backend, filter), ...(bias ? [gradientOf(backend, bias)] : [])];
    const parts = depthwiseParts(geometry, backend.software);
    const partials =
      parts > 1 ? gradients.map(({ shape }) => backend.allocate([parts, ...shape], 'float32', 'workspace')) : gradients;
    const backward = { bias: bias !== null, parts, x: backend.storageOf(tensor), dy: backend.storageOf(dy) };
    backend.run(depthwiseFilterGradient(geometry, backward), [tensor, dy, ...partials]);
    if (parts > 1) {
      backend.run(
        sumParts(parts, filter.size, bias?.size ?? 0),
        partials.flatMap((partial, i) => [partial, gradients[i]]),
      );
      for (const partial of partials) backend.disposeData(partial.dataId);
    }
    if (x.constant) return gradients;
    const dx = backend.allocate(tensor.shape, backend.activationStorage);
    const sloped = x.activation !== 'linear';
    const kernel = depthwiseInputGradient(geometry, x.activation, {
      dy: backend.storageOf(dy),
      y: backend.storageOf(tensor),
      z: x.before ? backend.storageOf(x.before) : null,
      dx: backend.activationStorage,
    });
    backend.run(kernel, [dy, filter, ...(sloped ? [tensor] : []), ...(sloped && x.before ? [x.before] : []), dx]);
    return [dx, ...gradients];
  });
  return { tensor: output, activation, before: beforeTensor, constant: false };
}
