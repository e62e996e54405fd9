/** Builds the tfjs model of a run. Only stock layer classes: what is saved opens with plain `tf.loadLayersModel`. */
import type { ModelConfig } from '../config/architectures/registry';
import { tf } from '../engine/tf';
import { dropoutLayer } from './dropout-layer';
import { kernelInitializer } from './initializers';
import { planModel, type ModelIo, type PlannedLayer } from './plan';

/**
 * The model that `settings` describe, its weights initialised from `seed`. Takes `[batch, ...input_shape] float32`,
 * gives `[batch, outputs] float32`: logits, or raw values.
 * @throws LatheError of kind `config` naming the layer whose input does not fit.
 */
export function buildModel(settings: ModelConfig, io: ModelIo, seed: number): tf.Sequential {
  return stack(planModel(settings, io), io, seed, []);
}

/** The same model with a softmax behind it: gives probabilities `[batch, outputs]`. For prediction and export. */
export function buildProbabilityModel(settings: ModelConfig, io: ModelIo): tf.Sequential {
  return stack(planModel(settings, io), io, 0, [
    tf.layers.activation({ activation: 'softmax', name: 'probabilities' }),
  ]);
}

function stack(plan: PlannedLayer[], io: ModelIo, seed: number, tail: tf.layers.Layer[]): tf.Sequential {
  const layers = [tf.layers.inputLayer({ inputShape: io.input_shape, name: 'input' })];
  return tf.sequential({ name: 'lathe', layers: [...layers, ...plan.map((layer) => makeLayer(layer, seed)), ...tail] });
}

function makeLayer({ name, settings }: PlannedLayer, seed: number): tf.layers.Layer {
  switch (settings.type) {
    case 'dense':
      return tf.layers.dense({
        name,
        units: settings.units,
        activation: settings.activation,
        useBias: settings.use_bias,
        kernelInitializer: kernelInitializer(seed, name, settings.activation),
      });
    case 'conv2d':
      return tf.layers.conv2d({
        name,
        filters: settings.filters,
        kernelSize: settings.kernel_size,
        strides: settings.strides,
        padding: settings.padding,
        activation: settings.activation,
        useBias: settings.use_bias,
        kernelInitializer: kernelInitializer(seed, name, settings.activation),
      });
    case 'depthwise_conv2d':
      return tf.layers.depthwiseConv2d({
        name,
        kernelSize: settings.kernel_size,
        strides: settings.strides,
        padding: settings.padding,
        activation: settings.activation,
        depthwiseInitializer: kernelInitializer(seed, name, settings.activation, true),
      });
    case 'max_pooling2d':
      return tf.layers.maxPooling2d({ name, poolSize: settings.pool_size });
    case 'average_pooling2d':
      return tf.layers.averagePooling2d({ name, poolSize: settings.pool_size });
    case 'global_average_pooling2d':
      return tf.layers.globalAveragePooling2d({ name });
    case 'flatten':
      return tf.layers.flatten({ name });
    case 'batch_normalization':
      return tf.layers.batchNormalization({ name, momentum: settings.momentum });
    case 'layer_normalization':
      return tf.layers.layerNormalization({ name });
    case 'dropout':
      return dropoutLayer(settings.rate, name, seed);
    case 'activation':
      return tf.layers.activation({ name, activation: settings.activation });
  }
}
