/** Convolution as matrix products over windows: two dispatches forward, three or four backward. */
import { LatheError } from '../../base/errors';
import type { Activation } from '../../config/activations';
import { needsBefore } from '../kernels/activation';
import { weightGradient } from '../kernels/weight-gradient';
import { windowCount, windows, windowsGradient, windowSize, type Convolution } from '../kernels/windows';
import { tf } from '../tf';
import { activated, plain } from './activate';
import { latheBackend } from './lathe-backend';
import { gradientOf, taped } from './taped';
import { value, type Value } from './value';

/** Most numbers of windows that are kept for the backward pass: 64 MiB of float32. */
const MOST_KEPT = 2 ** 24;

/** How a convolution moves over the image. */
export interface Conv2dOptions {
  strides: number;
  padding: 'same' | 'valid';
  dilation?: number;
  /** Parts of the channels, each with filters of its own; must divide channels and filters. */
  groups?: number;
  activation?: Activation;
}

/** Output sides and the zeros before the image, as TensorFlow pads: with `same` the odd one goes behind. */
export function convolutionGeometry(
  [batch, height, width, channels]: number[],
  [filterHeight, filterWidth, , filters]: number[],
  { strides, padding, dilation = 1, groups = 1 }: Conv2dOptions,
): Convolution {
  const side = (length: number, filter: number): { out: number; before: number } => {
    const reach = (filter - 1) * dilation + 1;
    if (padding === 'valid') return { out: Math.floor((length - reach) / strides) + 1, before: 0 };
    const out = Math.ceil(length / strides);
    return { out, before: Math.floor(Math.max(0, (out - 1) * strides + reach - length) / 2) };
  };
  const [vertical, horizontal] = [side(height, filterHeight), side(width, filterWidth)];
  return {
    batch,
    height,
    width,
    channels,
    outHeight: vertical.out,
    outWidth: horizontal.out,
    filters,
    filterHeight,
    filterWidth,
    stride: strides,
    dilation,
    groups,
    padTop: vertical.before,
    padLeft: horizontal.before,
  };
}

/**
 * `activation(x ∗ filter + bias)`, `[batch, height, width, channels]` → `[batch, outHeight, outWidth, filters]`.
 * @param filter `[height, width, channels / groups, filters] float32`; the first `filters / groups` see the first group.
 * @param bias `[filters] float32`.
 */
export function conv2d(x: Value, filter: tf.Tensor, bias: tf.Tensor | null, options: Conv2dOptions): Value {
  const { strides, groups = 1, activation = 'linear' } = options;
  checkGroups(x.tensor.shape, filter.shape, groups);
  const backend = latheBackend();
  if (!backend) return value(activated(composite(plain(x), filter, bias, options), activation));
  const { tensor } = x;
  const geometry = convolutionGeometry(tensor.shape, filter.shape, options);
  const { filters } = geometry;
  const [rows, window] = [windowCount(geometry), windowSize(geometry)];
  const inner = window / groups;
  const shape = [geometry.batch, geometry.outHeight, geometry.outWidth, filters];
  const storage = backend.activationStorage;
  const gather = (): tf.TensorInfo => {
    const gathered = backend.allocate([rows, window], storage);
    backend.run(windows(geometry, backend.target, backend.storageOf(tensor), storage), [tensor, gathered]);
    return gathered;
  };
  // A filter of one pixel has the image itself as its windows.
  const trivial = window === geometry.channels && strides === 1;
  const gathered = trivial ? null : gather();
  const result = backend.allocate(shape, storage);
  const before = needsBefore(activation) ? backend.allocate(shape, storage) : null;
  const product = { rows, columns: filters / groups, inner, groups, bias: bias !== null, activation };
  const stored = { a: backend.storageOf(gathered ?? tensor), result: storage };
  backend.run(backend.products.kernel({ ...product, storage: stored }), [
    gathered ?? tensor,
    filter,
    ...(bias ? [bias] : []),
    result,
    ...(before ? [before] : []),
  ]);

  const inputs = [...(x.constant ? [] : [tensor]), filter, ...(bias ? [bias] : [])];
  // Few windows are kept for the backward pass; many are gathered again.
  const kept = gathered && rows * window <= MOST_KEPT ? tf.engine().makeTensorFromTensorInfo(gathered) : null;
  if (gathered && !kept) backend.disposeData(gathered.dataId);
  const saved = [tensor, ...(x.before ? [x.before] : []), ...(kept ? [kept] : [])];
  const beforeTensor = before && tf.engine().makeTensorFromTensorInfo(before);
  const output = taped(inputs, result, saved, (dy) => {
    const gradients = [gradientOf(backend, filter), ...(bias ? [gradientOf(backend, bias)] : [])];
    const again = gathered && !kept ? gather() : null;
    const columns = again ?? (kept ? gathered : null) ?? tensor;
    const shape = { rows, inner, columns: filters / groups, groups };
    weightGradient(backend, shape, [columns, dy], gradients[0], gradients.at(1) ?? null);
    if (again) backend.disposeData(again.dataId);
    if (x.constant) return gradients;
    const sloped = x.activation !== 'linear';
    const z = x.before ? backend.storageOf(x.before) : null;
    const activationStorage = backend.activationStorage;
    const storages = { y: backend.storageOf(tensor), z, dx: activationStorage };
    const dx = backend.allocate(tensor.shape, activationStorage);
    const upstream = [...(sloped ? [tensor] : []), ...(sloped && x.before ? [x.before] : [])];
    const back = { rows, columns: inner, inner: filters / groups, groups, transposeB: true };
    const dyStorage = backend.storageOf(dy);
    if (trivial) {
      const slope = sloped ? x.activation : undefined;
      const storage = { a: dyStorage, result: activationStorage, y: storages.y, ...(z ? { z } : {}) };
      backend.run(backend.products.kernel({ ...back, slope, storage }), [dy, filter, ...upstream, dx]);
      return [dx, ...gradients];
    }
    const spread = backend.allocate([rows, window], activationStorage);
    const storage = { a: dyStorage, result: activationStorage };
    backend.run(backend.products.kernel({ ...back, storage }), [dy, filter, spread]);
    backend.run(windowsGradient(geometry, x.activation, backend.target, { windows: activationStorage, ...storages }), [
      spread,
      ...upstream,
      dx,
    ]);
    backend.disposeData(spread.dataId);
    return [dx, ...gradients];
  });
  return { tensor: output, activation, before: beforeTensor, constant: false };
}

function checkGroups([, , , channels]: number[], [, , seen, filters]: number[], groups: number): void {
  if (seen * groups === channels && filters % groups === 0) return;
  throw new LatheError(
    'internal',
    `A convolution in ${groups} groups cannot take ${channels} channels to ${filters} filters of ${seen} channels each.`,
  );
}

function composite(
  image: tf.Tensor,
  filter: tf.Tensor,
  bias: tf.Tensor | null,
  { strides, padding, dilation = 1, groups = 1 }: Conv2dOptions,
): tf.Tensor {
  if (groups === 1 && dilation === 1) {
    const [x, given] = [fourAxes(image), fourAxes(filter)];
    return tf.fused.conv2d({ x, filter: given, strides, pad: padding, ...(bias ? { bias } : {}) });
  }
  const products = tf.split(image, groups, 3).map((part, i) => {
    const filters = tf.split(filter, groups, 3)[i];
    return tf.conv2d(fourAxes(part), fourAxes(filters), strides, padding, 'NHWC', dilation);
  });
  const product = tf.concat(products, 3);
  return bias ? tf.add(product, bias) : product;
}

function fourAxes(tensor: tf.Tensor): tf.Tensor4D {
  const [a, b, c, d] = tensor.shape;
  return tensor.as4D(a, b, c, d);
}
