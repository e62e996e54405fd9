/**
 * A model as a list of layers with their shapes and weights, worked out without tfjs: what the summary shows, what the
 * builder builds, and where shapes that do not fit are found, with the key of the config that is to be changed.
 */
import { LatheError } from '../base/errors';
import type { LayerSettings } from '../config/architectures/sequential';
import type { ModelConfig } from '../config/architectures/registry';
import { architectureLayers } from './registry';

/** What a model takes and gives. */
export interface ModelIo {
  /** Shape of one example: `[features]` or `[height, width, channels]`. */
  input_shape: number[];
  /** Classes (logits), or values predicted. */
  outputs: number;
}

/** One layer as an architecture lists it. */
export interface LayerEntry {
  settings: LayerSettings;
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
  settings: LayerSettings;
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
  for (const entry of architectureLayers(settings)) {
    if (entry.settings.type === 'dense') flatten(entry.key);
    add(entry);
  }
  flatten('model');
  add({ settings: { type: 'dense', units: io.outputs, activation: 'linear', use_bias: true }, key: 'model' }, 'output');
  return plan;
}

const show = (shape: number[]): string => shape.join('×');

function outputShape({ settings, key }: LayerEntry, shape: number[]): number[] {
  switch (settings.type) {
    case 'dense':
      return [settings.units];
    case 'flatten':
      return [sizeOf(shape)];
    case 'batch_normalization':
    case 'layer_normalization':
    case 'dropout':
    case 'activation':
      return shape;
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

function weightsOf(settings: LayerSettings, input: number[]): PlannedWeight[] {
  const weight = (name: string, shape: number[], trainable = true): PlannedWeight => ({ name, shape, trainable });
  const channels = input[input.length - 1];
  switch (settings.type) {
    case 'dense':
      return [
        weight('kernel', [sizeOf(input), settings.units]),
        ...(settings.use_bias ? [weight('bias', [settings.units])] : []),
      ];
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
      return [weight('gamma', [channels]), weight('beta', [channels])];
    default:
      return [];
  }
}
