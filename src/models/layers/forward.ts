/** The forward pass of one layer. */
import { LatheError } from '../../base/errors';
import { activate } from '../../engine/ops/activate';
import { batchNormalization } from '../../engine/ops/batch-normalization';
import { conv2d } from '../../engine/ops/conv2d';
import { dense } from '../../engine/ops/dense';
import { depthwiseConv2d } from '../../engine/ops/depthwise-conv2d';
import { dropout } from '../../engine/ops/dropout';
import { embedding } from '../../engine/ops/embedding';
import { groupNormalization } from '../../engine/ops/group-normalization';
import { layerNormalization } from '../../engine/ops/layer-normalization';
import { averagePool2d, globalAveragePool2d, maxPool2d } from '../../engine/ops/pool2d';
import { reshape } from '../../engine/ops/reshape';
import { rmsNormalization } from '../../engine/ops/rms-normalization';
import type { Value } from '../../engine/ops/value';
import type { tf } from '../../engine/tf';
import type { Pass } from '../model';
import { sizeOf, type PlannedLayer } from '../plan';
import { convnextBlock } from './convnext-block';
import { transformerBlock } from './transformer-block';

/** Weights of a layer by name. */
export type LayerWeights = (name: string) => tf.Variable;

/** What a layer's pass goes by: that of the model, and the run's seed. */
export type LayerPass = Pass & { seed: number };

/** Epsilon of normalisation layers, Keras's default: what a saved model of stock layers has. */
const EPSILON = 1e-3;

/** Output of a layer, `[batch, ...input_shape]` → `[batch, ...output_shape]`. */
export function forwardLayer(
  { name, settings, output_shape }: PlannedLayer,
  x: Value,
  variables: Map<string, tf.Variable>,
  pass: LayerPass,
): Value {
  const weight: LayerWeights = (key) => {
    const variable = variables.get(key);
    if (!variable) throw new LatheError('internal', `The layer ${name} has no weight ${key}.`);
    return variable;
  };
  const optional = (key: string): tf.Variable | null => variables.get(key) ?? null;
  switch (settings.type) {
    case 'dense':
      return dense(x, weight('kernel'), optional('bias'), {
        activation: settings.activation,
        wide: name === 'output',
      });
    case 'conv2d':
      return conv2d(x, weight('kernel'), optional('bias'), settings);
    case 'depthwise_conv2d':
      return depthwiseConv2d(x, weight('depthwise_kernel'), weight('bias'), settings);
    case 'max_pooling2d':
      return maxPool2d(x, settings.pool_size);
    case 'average_pooling2d':
      return averagePool2d(x, settings.pool_size);
    case 'global_average_pooling2d':
      return globalAveragePool2d(x);
    case 'flatten':
      return reshape(x, [x.tensor.shape[0], sizeOf(output_shape)]);
    case 'batch_normalization':
      return batchNormalization(
        x,
        weight('gamma'),
        weight('beta'),
        { mean: weight('moving_mean'), variance: weight('moving_variance') },
        { momentum: settings.momentum, epsilon: EPSILON, training: pass.training },
      );
    case 'layer_normalization':
      return layerNormalization(x, weight('gamma'), weight('beta'), EPSILON);
    case 'rms_normalization':
      return rmsNormalization(x, weight('gamma'), EPSILON);
    case 'group_normalization':
      return groupNormalization(x, weight('gamma'), weight('beta'), settings.groups, EPSILON);
    case 'final_normalization':
      return layerNormalization(x, weight('gamma'), weight('beta'), settings.epsilon);
    case 'dropout':
      return pass.training ? dropout(x, settings.rate, { seed: pass.seed, layer: name }, pass.counter) : x;
    case 'activation':
      return activate(x, settings.activation);
    case 'patchify':
      return conv2d(x, weight('kernel'), weight('bias'), { strides: settings.patch, padding: 'valid' });
    case 'convnext_block':
      return convnextBlock(x, weight, pass);
    case 'token_embedding':
      return embedding(x.tensor, weight('tokens'), weight('positions'));
    case 'transformer_block':
      return transformerBlock(x, weight, settings, { ...pass, name });
  }
}
