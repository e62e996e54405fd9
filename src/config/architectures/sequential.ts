import * as v from 'valibot';
import { activation } from '../activations';
import { choice, flag, integer, number } from '../field';

const padding = v.optional(choice('Border handling', ['same', 'valid'] as const), 'same');
const kernelSize = v.optional(integer('Side of the kernel, in pixels', 1, 31), 3);

/** One layer of a `sequential` model, as an object with a single key: the layer's type. */
const layer = v.variant('type', [
  v.strictObject({
    type: v.literal('dense'),
    units: integer('Output units', 1, 65536),
    activation: v.optional(activation('Activation'), 'linear'),
    use_bias: v.optional(flag('Adds a bias'), true),
  }),
  v.strictObject({
    type: v.literal('conv2d'),
    filters: integer('Output channels', 1, 4096),
    kernel_size: kernelSize,
    strides: v.optional(integer('Step, in pixels', 1, 16), 1),
    padding,
    activation: v.optional(activation('Activation'), 'linear'),
    use_bias: v.optional(flag('Adds a bias'), true),
  }),
  v.strictObject({
    type: v.literal('depthwise_conv2d'),
    kernel_size: kernelSize,
    strides: v.optional(integer('Step, in pixels', 1, 16), 1),
    padding,
    activation: v.optional(activation('Activation'), 'linear'),
  }),
  v.strictObject({
    type: v.literal('max_pooling2d'),
    pool_size: v.optional(integer('Side of the window, in pixels', 1, 16), 2),
  }),
  v.strictObject({
    type: v.literal('average_pooling2d'),
    pool_size: v.optional(integer('Side of the window, in pixels', 1, 16), 2),
  }),
  v.strictObject({ type: v.literal('global_average_pooling2d') }),
  v.strictObject({ type: v.literal('flatten') }),
  v.strictObject({
    type: v.literal('batch_normalization'),
    momentum: v.optional(number('Share of the old average kept', 0, 1), 0.99),
  }),
  v.strictObject({ type: v.literal('layer_normalization') }),
  v.strictObject({ type: v.literal('rms_normalization') }),
  v.strictObject({
    type: v.literal('group_normalization'),
    groups: v.optional(integer('Groups of channels, each normalised by itself; divides the channels', 1, 4096), 8),
  }),
  v.strictObject({ type: v.literal('dropout'), rate: number('Share of features dropped', 0, 0.95) }),
  v.strictObject({ type: v.literal('activation'), activation: activation('Activation') }),
]);

/** One layer of a `sequential` model. */
export type LayerSettings = v.InferOutput<typeof layer>;

/** Settings of `sequential`: any layers in a row. The output layer is added by Lathe, since the data decides its size. */
export const sequential = v.pipe(
  v.strictObject({
    architecture: v.literal('sequential'),
    layers: v.optional(
      v.pipe(v.array(layer), v.maxLength(256), v.description('Layers, first to last; the output layer is added')),
      [{ type: 'flatten' }, { type: 'dense', units: 64, activation: 'relu' }],
    ),
  }),
  v.description('Any layers in a row'),
);
