/**
 * Kernels of our own in the place of tfjs's slow or unrepeatable ones, on the WebGPU backend. Each takes over the shapes
 * it knows; tfjs's own kernel runs for the rest.
 */
import { tf } from '../tf';
import { LatheBackend } from '../webgpu-backend';
import { addN } from './add-n';
import { argExtreme } from './arg-extreme';
import { biasAdd } from './bias-add';
import { conv2d, filterGradient, fits, inputGradient, known } from './conv2d';
import { convert } from './convert';
import type { ConvInfo } from './im2col';
import { matMul, withoutSplitK } from './matmul';
import { maxPoolGradient } from './max-pool-gradient';
import { reshaped } from './program';
import { reduceAxes, type Reduction } from './reduction';
import { flatIndices, segmentSum } from './scatter';
import { transpose } from './transpose';

/** Inputs of a kernel by name; those of `Optional` may be absent. */
type Inputs<Name extends string, Optional extends string = never> = Record<Name, tf.TensorInfo> &
  Partial<Record<Optional, tf.TensorInfo>>;

/** What a fused kernel may apply behind the product. */
type Epilogue = 'bias' | 'preluActivationWeights';

type Call<Named, Attributes> = { inputs: Named; attrs: Attributes; backend: LatheBackend };

/** A kernel of ours: null where tfjs's own is to run. `stock` runs it. */
type Override<Named, Attributes> = (
  call: Call<Named, Attributes>,
  stock: () => tf.TensorInfo | tf.TensorInfo[],
) => tf.TensorInfo | tf.TensorInfo[] | null;

/** tfjs's own kernels, kept when they are replaced for the first time. */
const stocks = new Map<string, tf.KernelConfig>();

function override<Named, Attributes>(name: string, kernel: Override<Named, Attributes>): void {
  const stock = stocks.get(name) ?? tf.getKernel(name, 'webgpu');
  stocks.set(name, stock);
  tf.unregisterKernel(name, 'webgpu');
  tf.registerKernel({
    ...stock,
    kernelFunc: (params) => {
      const runStock = (): tf.TensorInfo | tf.TensorInfo[] => stock.kernelFunc(params);
      if (!(params.backend instanceof LatheBackend)) return runStock();
      // tfjs types the parameters of every kernel alike; what a kernel of this name gets is declared in its kernel_names.
      const call = params as unknown as Call<Named, Attributes>;
      return kernel(call, runStock) ?? runStock();
    },
  });
}

const float = (...tensors: tf.TensorInfo[]): boolean => tensors.every((tensor) => tensor.dtype === 'float32');
const volume = (shape: number[]): number => shape.reduce((product, side) => product * side, 1);

/** Registers the kernels; call once tfjs's WebGPU kernels are there. */
export function registerKernels({ software }: { software: boolean }): void {
  override<Inputs<'a' | 'b'>, tf.BatchMatMulAttrs>('BatchMatMul', ({ inputs: { a, b }, attrs, backend }) =>
    float(a, b) ? matMul(backend, { a, b, ...attrs }, software) : null,
  );
  override<Inputs<'a' | 'b', Epilogue>, tf._FusedMatMulAttrs>('_FusedMatMul', ({ inputs, attrs, backend }) => {
    const { a, b, bias, preluActivationWeights } = inputs;
    const { transposeA, transposeB } = attrs;
    const activation = knownActivation(attrs.activation);
    if (!float(a, b) || activation === null || preluActivationWeights) return null;
    if (bias && volume(bias.shape) !== bias.shape.at(-1)) return null;
    return matMul(backend, { a, b, transposeA, transposeB, bias, activation }, software);
  });

  override<Inputs<'x' | 'filter'>, tf.Conv2DAttrs>('Conv2D', ({ inputs: { x, filter }, attrs, backend }, stock) => {
    const info = convInfo(x.shape, filter.shape, attrs);
    if (software && known(info) && fits(info)) return conv2d(backend, x, filter, info, software);
    return withoutSplitK(backend, asMatMul(info), stock);
  });
  override<Inputs<'x' | 'filter', Epilogue>, tf.FusedConv2DAttrs>(
    'FusedConv2D',
    ({ inputs, attrs, backend }, stock) => {
      const { x, filter, bias, preluActivationWeights } = inputs;
      const info = convInfo(x.shape, filter.shape, attrs);
      const activation = knownActivation(attrs.activation);
      const simple = activation !== null && !preluActivationWeights && (!bias || bias.shape.length === 1);
      if (software && known(info) && fits(info) && simple) {
        return conv2d(backend, x, filter, info, software, { bias, activation });
      }
      return withoutSplitK(backend, asMatMul(info), stock);
    },
  );
  override<Inputs<'x' | 'dy'>, tf.Conv2DBackpropFilterAttrs>(
    'Conv2DBackpropFilter',
    ({ inputs: { x, dy }, attrs, backend }) => {
      const info = convInfo(x.shape, attrs.filterShape, attrs);
      return known(info) ? filterGradient(backend, x, dy, info, software) : null;
    },
  );
  override<Inputs<'dy' | 'filter'>, tf.Conv2DBackpropInputAttrs>(
    'Conv2DBackpropInput',
    ({ inputs: { dy, filter }, attrs, backend }) => {
      const info = convInfo(attrs.inputShape, filter.shape, attrs);
      return known(info) && fits(info) ? inputGradient(backend, dy, filter, info, software) : null;
    },
  );
  override<Inputs<'dy' | 'input'>, tf.MaxPoolGradAttrs>('MaxPoolGrad', ({ inputs: { dy, input }, attrs, backend }) => {
    const { filterSize, strides, pad, dimRoundingMode } = attrs;
    const shape = shape4d(input.shape);
    const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const { padInfo } = info;
    const apart = info.strideHeight === info.filterHeight && info.strideWidth === info.filterWidth;
    const unpadded = [padInfo.top, padInfo.bottom, padInfo.left, padInfo.right].every((side) => side === 0);
    return apart && unpadded && float(input, dy) ? maxPoolGradient(backend, dy, input, info) : null;
  });

  override<Inputs<'a' | 'b'>, object>('Add', ({ inputs: { a, b }, backend }) => {
    const bias = b.shape.length === 1 && a.shape.length > 1 && b.shape[0] === a.shape.at(-1) && volume(a.shape) > 0;
    return bias && float(a, b) ? biasAdd(backend, a, b) : null;
  });
  for (const [name, kind] of REDUCTIONS) {
    override<Inputs<'x'>, ReductionAttributes>(name, ({ inputs: { x }, attrs, backend }) => {
      const axes = tf.util.parseAxisParam(attrs.axis ?? attrs.reductionIndices ?? x.shape.map((_, i) => i), x.shape);
      if (axes.length === 0 || volume(x.shape) === 0 || x.dtype === 'complex64') return null;
      const inner = axes.every((axis) => axis >= x.shape.length - axes.length);
      // On a GPU a workgroup for each result is what its last axes want.
      if (!software && inner && float(x)) return null;
      const dtype = reducedType(name, x.dtype);
      const factor = name === 'Mean' ? 1 / volume(axes.map((axis) => x.shape[axis])) : 1;
      const made = reduceAxes(backend, x, axes, { kind, factor, dtype });
      const shape = attrs.keepDims ? x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side)) : made.shape;
      return { ...made, shape };
    });
  }

  // tfjs gives integers as float32 by another name for the same bits, which only its own kernels see through.
  override<Inputs<'x'>, tf.CastAttrs>('Cast', ({ inputs: { x }, attrs: { dtype }, backend }) => {
    if (dtype !== 'float32' || (x.dtype !== 'int32' && x.dtype !== 'bool') || volume(x.shape) === 0) return null;
    const result = backend.allocate(x.shape);
    backend.run(convert(volume(x.shape), 'int32', 'float32'), [x, result]);
    return result;
  });
  // tfjs's transpose of integers does not compile, or rounds them.
  override<Inputs<'x'>, tf.TransposeAttrs>('Transpose', ({ inputs: { x }, attrs: { perm }, backend }) => {
    if (float(x) || x.dtype === 'complex64' || volume(x.shape) === 0) return null;
    const shape = perm.map((axis) => x.shape[axis]);
    const result = backend.makeTensorInfo(shape, x.dtype);
    backend.run(transpose(x.shape, perm, backend.storageOf(x)), [x, result]);
    return result;
  });
  // tfjs gives `[1]` for a vector, the wrong one of equal numbers in long rows, and nothing along outer axes of integers.
  for (const [name, which] of [
    ['ArgMax', 'max'],
    ['ArgMin', 'min'],
  ] as const) {
    override<Inputs<'x'>, tf.ArgMaxAttrs>(name, ({ inputs: { x }, attrs, backend }) => {
      const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
      const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
      if (volume(x.shape) === 0) return null;
      const along = { outer: volume(before), length: x.shape[axis], inner: volume(after) };
      const result = backend.allocate([...before, ...after], 'int32');
      backend.run(argExtreme(along, which, backend.storageOf(x)), [x, result]);
      return result;
    });
  }
  override<tf.TensorInfo[], object>('AddN', ({ inputs, backend }) => {
    const few = inputs.length < backend.device.limits.maxStorageBuffersPerShaderStage;
    const halves = inputs.some((input) => backend.storageOf(input) !== 'float32');
    return few || halves || !float(...inputs) || volume(inputs[0].shape) === 0 ? null : addN(backend, inputs);
  });
  override<Inputs<'x' | 'segmentIds'>, tf.UnsortedSegmentSumAttrs>(
    'UnsortedSegmentSum',
    ({ inputs: { x, segmentIds }, attrs: { numSegments: segments }, backend }) => {
      if (!float(x) || segmentIds.dtype !== 'int32' || volume(x.shape) === 0) return null;
      const [rows, ...rest] = x.shape;
      const sum = segmentSum(backend, segmentIds, x, { rows, segments, width: volume(rest) });
      const shaped = reshaped(backend, sum, [segments, ...rest]);
      backend.disposeData(sum.dataId);
      return shaped;
    },
  );
  override<Inputs<'indices' | 'updates'>, tf.ScatterNdAttrs>(
    'ScatterNd',
    ({ inputs: { indices, updates }, attrs: { shape }, backend }) => {
      const { numUpdates, sliceSize, strides, outputSize } = tf.scatter_util.calculateShapes(updates, indices, shape);
      const whole = volume(updates.shape) === numUpdates * sliceSize;
      if (!float(updates) || indices.dtype !== 'int32' || !whole || outputSize * numUpdates === 0) return null;
      const ids = backend.allocate([numUpdates], 'int32', 'workspace');
      backend.run(flatIndices(numUpdates, strides), [indices, ids]);
      const rows = { rows: numUpdates, segments: outputSize / sliceSize, width: sliceSize };
      const sum = segmentSum(backend, ids, updates, rows);
      const shaped = reshaped(backend, sum, shape);
      for (const { dataId } of [ids, sum]) backend.disposeData(dataId);
      return shaped;
    },
  );
}

const REDUCTIONS: [name: string, kind: Reduction][] = [
  ['Sum', 'sum'],
  ['Mean', 'sum'],
  ['Prod', 'prod'],
  ['Max', 'max'],
  ['Min', 'min'],
  ['All', 'all'],
  ['Any', 'any'],
];

/** What tfjs calls the axes of one reduction or another. */
interface ReductionAttributes {
  axis?: number | number[];
  reductionIndices?: number | number[];
  keepDims: boolean;
}

function reducedType(name: string, dtype: tf.DataType): 'float32' | 'int32' | 'bool' {
  if (name === 'All' || name === 'Any') return 'bool';
  return name === 'Mean' || dtype === 'float32' ? 'float32' : 'int32';
}

/** The activation, undefined for none; null where only tfjs's own kernel applies it. */
function knownActivation(activation: unknown): tf.backend_util.Activation | undefined | null {
  if (activation === undefined || activation === null) return undefined;
  return activation === 'linear' || activation === 'relu' || activation === 'elu' || activation === 'sigmoid'
    ? activation
    : null;
}

function convInfo(
  inputShape: number[],
  filterShape: number[],
  attrs: Pick<tf.Conv2DAttrs, 'strides' | 'pad' | 'dataFormat' | 'dimRoundingMode'> &
    Partial<Pick<tf.Conv2DAttrs, 'dilations'>>,
): ConvInfo {
  return tf.backend_util.computeConv2DInfo(
    shape4d(inputShape),
    shape4d(filterShape),
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    false,
    attrs.dataFormat === 'NCHW' ? 'channelsFirst' : 'channelsLast',
  );
}

/** The product that tfjs may make of a convolution. */
function asMatMul(info: ConvInfo): { rows: number; columns: number; inner: number; batch: number } {
  const whole = info.filterHeight === info.inHeight && info.filterWidth === info.inWidth;
  return {
    rows: whole ? info.batchSize : info.outHeight * info.outWidth,
    columns: info.outChannels,
    inner: info.filterHeight * info.filterWidth * info.inChannels,
    batch: whole ? 1 : info.batchSize,
  };
}

function shape4d(shape: number[]): [number, number, number, number] {
  const [a, b, c, d] = shape;
  return [a, b, c, d];
}
