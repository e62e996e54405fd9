import { plain } from '../../engine/ops/activate';
import { checkpointed } from '../../engine/ops/checkpointed';
import { dense } from '../../engine/ops/dense';
import { depthwiseConv2d } from '../../engine/ops/depthwise-conv2d';
import { layerNormalization } from '../../engine/ops/layer-normalization';
import { value, type Value } from '../../engine/ops/value';
import type { LayerPass, LayerWeights } from './forward';
import { BLOCK_EPSILON } from './settings';

const WEIGHTS = [
  'depthwise_kernel',
  'depthwise_bias',
  'gamma',
  'beta',
  'expand_kernel',
  'expand_bias',
  'project_kernel',
  'project_bias',
  'layer_scale',
];

/**
 * A block of ConvNeXt (Liu et al. 2022): depthwise 7×7, layer normalisation, two dense layers with GELU between them,
 * layer scale, and the input added. `[batch, height, width, channels]` as it comes.
 */
export function convnextBlock(x: Value, weight: LayerWeights, pass: LayerPass): Value {
  const block = (input: Value): Value => {
    const mixed = depthwiseConv2d(input, weight('depthwise_kernel'), weight('depthwise_bias'), {
      strides: 1,
      padding: 'same',
    });
    const normal = layerNormalization(mixed, weight('gamma'), weight('beta'), BLOCK_EPSILON.convnext);
    const wide = dense(normal, weight('expand_kernel'), weight('expand_bias'), { activation: 'gelu' });
    return dense(wide, weight('project_kernel'), weight('project_bias'), {
      scale: weight('layer_scale'),
      residual: input.tensor,
    });
  };
  const input = value(plain(x));
  return pass.recompute ? checkpointed(block, input, WEIGHTS.map(weight)) : block(input);
}
