/**
 * A model as a list of layers with their shapes and weights, worked out without tfjs: what the summary shows, what the
 * builder builds, and where shapes that do not fit are found, with the key of the config that is to be changed.
 */
import { LatheError } from '../base/errors';
import type { ModelConfig } from '../config/architectures/registry';
import type { AnyLayerSettings } from './layers/settings';
import { architectureLayers } from './registry';

/** What a model takes and gives. */
export interface ModelIo {
  /** Shape of one example: `[features]`, `[height, width, channels]`, or `[time]` tokens. */
  input_shape: number[];
  /** Classes (logits), or values predicted. */
  outputs: number;
  /** Set where examples are sequences of tokens. */
  tokens?: { vocabulary: number };
}

/** One layer as an architecture lists it. */
export interface LayerEntry {
  settings: AnyLayerSettings;
  /** Key of the config that the layer comes from: `model.hidden.1`. */
  key: string;
}

/** One weight of a layer. */
export interface PlannedWeight {
  name: string;
  shape: number[];
  trainable: boolean;
}

/** One layer with its shapes (without the batch). */
export interface PlannedLayer {
  name: string;
  settings: AnyLayerSettings;
  input_shape: number[];
  output_shape: number[];
  weights: PlannedWeight[];
}

/** Number of elements of a shape. */
export const sizeOf = (shape: number[]): number => shape.reduce((product, side) => product * side, 1);

/**
 * The layers of the model that `settings` describe, the output layer included. Images are flattened where a dense
 * layer meets them.
 * @throws LatheError of kind `config` naming the layer whose input does not fit.
 */
export function planModel(settings: ModelConfig, io: ModelIo): PlannedLayer[] {
  const plan: PlannedLayer[] = [];
  const counts = new Map<string, number>();
  let shape = io.input_shape;
  const add = (entry: LayerEntry, name?: string): void => {
    const { type } = entry.settings;
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    const output = outputShape(entry, shape);
    plan.push({
      name: name ?? `${type}_${count}`,
      settings: entry.settings,
      input_shape: shape,
      output_shape: output,
      weights: weightsOf(entry.settings, shape),
    });
    shape = output;
  };
  const flatten = (key: string): void => {
    if (shape.length > 1) add({ settings: { type: 'flatten' }, key });
  };
  for (const entry of architectureLayers(settings, io)) {
    if (entry.settings.type === 'dense') flatten(entry.key);
    add(entry);
  }
  // A language model predicts at every position: its features are not flattened, and its output has no bias.
  if (!io.tokens) flatten('model');
  const use_bias = !io.tokens;
  add({ settings: { type: 'dense', units: io.outputs, activation: 'linear', use_bias }, key: 'model' }, 'output');
  return plan;
}

const show = (shape: number[]): string => shape.join('×');

function outputShape({ settings, key }: LayerEntry, shape: number[]): number[] {
  switch (settings.type) {
    case 'dense':
      return shape.length === 2 ? [shape[0], settings.units] : [settings.units];
    case 'token_embedding': {
      const [time] = shape;
      if (shape.length === 1 && time <= settings.context) return [time, settings.width];
      throw misfit(key, `${settings.context} tokens are seen at once, but ${show(shape)} arrive. Raise it.`);
    }
    case 'transformer_block':
    case 'final_normalization':
      return shape;
    case 'convnext_block':
      return image(settings.type, key, shape);
    case 'patchify': {
      const [height, width] = image(settings.type, key, shape);
      const { patch } = settings;
      return [Math.floor(height / patch), Math.floor(width / patch), settings.width];
    }
    case 'flatten':
      return [sizeOf(shape)];
    case 'batch_normalization':
    case 'layer_normalization':
    case 'rms_normalization':
    case 'dropout':
    case 'activation':
      return shape;
    case 'group_normalization': {
      const channels = shape[shape.length - 1];
      if (channels % settings.groups === 0) return shape;
      throw misfit(
        key,
        `group_normalization cannot cut ${channels} channels into ${settings.groups} groups of one size. Set groups to a divisor of ${channels}.`,
      );
    }
    case 'global_average_pooling2d':
      return [image(settings.type, key, shape)[2]];
    case 'max_pooling2d':
    case 'average_pooling2d': {
      const [height, width, channels] = image(settings.type, key, shape);
      const side = settings.pool_size;
      if (height < side || width < side) {
        throw misfit(
          key,
          `${settings.type} takes windows of ${side}×${side}, but only ${height}×${width} pixels are left of the image there. Use fewer pooling layers or larger images (data.image_size).`,
        );
      }
      return [Math.floor(height / side), Math.floor(width / side), channels];
    }
    case 'conv2d':
    case 'depthwise_conv2d': {
      const [height, width, channels] = image(settings.type, key, shape);
      const { kernel_size: kernel, strides, padding } = settings;
      if (padding === 'valid' && (height < kernel || width < kernel)) {
        throw misfit(
          key,
          `${settings.type} with padding valid takes windows of ${kernel}×${kernel}, but only ${height}×${width} pixels are left of the image there. Use padding same, a smaller kernel_size or larger images (data.image_size).`,
        );
      }
      const side = (length: number): number =>
        padding === 'same' ? Math.ceil(length / strides) : Math.floor((length - kernel) / strides) + 1;
      return [side(height), side(width), settings.type === 'conv2d' ? settings.filters : channels];
    }
  }
}

function image(type: string, key: string, shape: number[]): [height: number, width: number, channels: number] {
  const [height, width, channels] = shape;
  if (shape.length === 3) return [height, width, channels];
  throw misfit(
    key,
    `${type} needs images, but ${show(shape)} plain ${shape[0] === 1 ? 'value arrives' : 'values arrive'} there. Use dense layers (architecture mlp) for tables, and put ${type} before any flatten or dense layer.`,
  );
}

const misfit = (key: string, message: string): LatheError => new LatheError('config', `${key}: ${message}`, { key });

function weightsOf(settings: AnyLayerSettings, input: number[]): PlannedWeight[] {
  const weight = (name: string, shape: number[], trainable = true): PlannedWeight => ({ name, shape, trainable });
  const channels = input[input.length - 1];
  switch (settings.type) {
    case 'dense':
      return [
        weight('kernel', [channels, settings.units]),
        ...(settings.use_bias ? [weight('bias', [settings.units])] : []),
      ];
    case 'patchify':
      return [
        weight('kernel', [settings.patch, settings.patch, channels, settings.width]),
        weight('bias', [settings.width]),
      ];
    case 'convnext_block':
      return [
        weight('depthwise_kernel', [7, 7, channels, 1]),
        weight('depthwise_bias', [channels]),
        weight('gamma', [channels]),
        weight('beta', [channels]),
        weight('expand_kernel', [channels, 4 * channels]),
        weight('expand_bias', [4 * channels]),
        weight('project_kernel', [4 * channels, channels]),
        weight('project_bias', [channels]),
        weight('layer_scale', [channels]),
      ];
    case 'token_embedding':
      return [
        weight('tokens', [settings.vocabulary, settings.width]),
        weight('positions', [settings.context, settings.width]),
      ];
    case 'transformer_block':
      return [
        weight('attention_gamma', [channels]),
        weight('attention_beta', [channels]),
        weight('qkv_kernel', [channels, 3 * channels]),
        weight('qkv_bias', [3 * channels]),
        weight('attention_kernel', [channels, channels]),
        weight('attention_bias', [channels]),
        weight('gamma', [channels]),
        weight('beta', [channels]),
        weight('expand_kernel', [channels, 4 * channels]),
        weight('expand_bias', [4 * channels]),
        weight('project_kernel', [4 * channels, channels]),
        weight('project_bias', [channels]),
      ];
    case 'final_normalization':
      return [weight('gamma', [channels]), weight('beta', [channels])];
    case 'conv2d':
      return [
        weight('kernel', [settings.kernel_size, settings.kernel_size, channels, settings.filters]),
        ...(settings.use_bias ? [weight('bias', [settings.filters])] : []),
      ];
    case 'depthwise_conv2d':
      return [
        weight('depthwise_kernel', [settings.kernel_size, settings.kernel_size, channels, 1]),
        weight('bias', [channels]),
      ];
    case 'batch_normalization':
      return [
        weight('gamma', [channels]),
        weight('beta', [channels]),
        weight('moving_mean', [channels], false),
        weight('moving_variance', [channels], false),
      ];
    case 'layer_normalization':
    case 'group_normalization':
      return [weight('gamma', [channels]), weight('beta', [channels])];
    case 'rms_normalization':
      return [weight('gamma', [channels])];
    default:
      return [];
  }
}
