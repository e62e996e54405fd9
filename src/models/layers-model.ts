/**
 * Models to take away: tfjs layers of stock classes only, so that what is saved opens with plain `tf.loadLayersModel`.
 * Training does not use them.
 */
import { LatheError } from '../base/errors';
import type { Activation } from '../config/activations';
import type { ModelConfig } from '../config/architectures/registry';
import type { Task } from '../config/schema';
import { tf } from '../engine/tf';
import type { TensorEntry } from '../store/schema';
import { schemeOf } from './layers/initial';
import { planModel, sizeOf, type ModelIo, type PlannedLayer } from './plan';
import { tensorData } from './weights';

/**
 * The model with its weights; of classification with a softmax at its end, of regression as it is.
 * @throws LatheError of kind `config` for an architecture that stock layers cannot make up, `storage` when the weights do
 *   not fit the model.
 */
export function buildLayersModel(
  settings: ModelConfig,
  io: ModelIo,
  task: Task,
  { data, tensors }: { data: Float32Array; tensors: TensorEntry[] },
): tf.LayersModel {
  const plan = planModel(settings, io);
  const tail =
    task === 'classification' ? [tf.layers.activation({ activation: 'softmax', name: 'probabilities' })] : [];
  const layers = [tf.layers.inputLayer({ inputShape: io.input_shape, name: 'input' })];
  const model = tf.sequential({ name: 'lathe', layers: [...layers, ...plan.map(makeLayer), ...tail] });
  const byName = new Map(tensors.map((entry) => [entry.name, entry]));
  for (const layer of model.layers) {
    const values = layer.weights.map(({ originalName, shape }) => {
      const entry = byName.get(originalName);
      const sides = shape.map((side) => side ?? 0);
      if (!entry || sizeOf(entry.shape) !== sizeOf(sides)) {
        throw new LatheError('storage', `The stored weights do not fit the model: ${originalName} is missing.`);
      }
      return tf.tensor(tensorData(data, entry).slice(), sides);
    });
    if (values.length > 0) layer.setWeights(values);
    tf.dispose(values);
  }
  return model;
}

/** The stock initializer that suits the activation: a saved topology names it. */
function initializer(activation: Activation): ReturnType<typeof tf.initializers.zeros> {
  switch (schemeOf(activation)) {
    case 'he':
      return tf.initializers.heUniform({});
    case 'glorot':
      return tf.initializers.glorotUniform({});
    case 'lecun':
      return tf.initializers.leCunUniform({});
  }
}

function makeLayer({ name, settings }: PlannedLayer): tf.layers.Layer {
  switch (settings.type) {
    case 'dense':
      return tf.layers.dense({
        name,
        units: settings.units,
        activation: settings.activation,
        useBias: settings.use_bias,
        kernelInitializer: initializer(settings.activation),
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
        kernelInitializer: initializer(settings.activation),
      });
    case 'depthwise_conv2d':
      return tf.layers.depthwiseConv2d({
        name,
        kernelSize: settings.kernel_size,
        strides: settings.strides,
        padding: settings.padding,
        activation: settings.activation,
        depthwiseInitializer: initializer(settings.activation),
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
      return tf.layers.dropout({ rate: settings.rate, name });
    case 'activation':
      return tf.layers.activation({ name, activation: settings.activation });
    default:
      throw new LatheError(
        'config',
        `A tfjs LayersModel of stock layers cannot hold the layer ${name} (${settings.type}). Export the model as safetensors instead.`,
        { key: 'model.architecture' },
      );
  }
}
