import { plain } from '../../engine/ops/activate';
import { add } from '../../engine/ops/add';
import { attention } from '../../engine/ops/attention';
import { checkpointed } from '../../engine/ops/checkpointed';
import { dense } from '../../engine/ops/dense';
import { dropout } from '../../engine/ops/dropout';
import { layerNormalization } from '../../engine/ops/layer-normalization';
import { value, type Value } from '../../engine/ops/value';
import type { tf } from '../../engine/tf';
import type { LayerPass, LayerWeights } from './forward';
import { BLOCK_EPSILON } from './settings';

const WEIGHTS = [
  'attention_gamma',
  'attention_beta',
  'qkv_kernel',
  'qkv_bias',
  'attention_kernel',
  'attention_bias',
  'gamma',
  'beta',
  'expand_kernel',
  'expand_bias',
  'project_kernel',
  'project_bias',
];

/**
 * A decoder block as in GPT-2 (Radford et al. 2019): normalisation, causal attention, normalisation, two dense layers with
 * GELU between them, each half added to what came in. `[batch, time, width]` as it comes.
 */
export function transformerBlock(
  x: Value,
  weight: LayerWeights,
  { heads, dropout: rate }: { heads: number; dropout: number },
  pass: LayerPass & { name: string },
): Value {
  /** `input + dropout(inner · kernel + bias)`; in one dispatch where nothing is dropped. */
  const project = (inner: Value, kernel: tf.Variable, bias: tf.Variable, input: Value, half: string): Value => {
    if (rate === 0 || !pass.training) return dense(inner, kernel, bias, { residual: input.tensor });
    const stream = { seed: pass.seed, layer: `${pass.name}/${half}` };
    return add(input, dropout(dense(inner, kernel, bias), rate, stream, pass.counter));
  };
  const epsilon = BLOCK_EPSILON.transformer;
  const block = (input: Value): Value => {
    const first = layerNormalization(input, weight('attention_gamma'), weight('attention_beta'), epsilon);
    const qkv = dense(first, weight('qkv_kernel'), weight('qkv_bias'));
    const seen = attention(qkv, heads, { causal: true });
    const attended = project(seen, weight('attention_kernel'), weight('attention_bias'), input, 'attention');
    const second = layerNormalization(attended, weight('gamma'), weight('beta'), epsilon);
    const wide = dense(second, weight('expand_kernel'), weight('expand_bias'), { activation: 'gelu' });
    return project(wide, weight('project_kernel'), weight('project_bias'), attended, 'dense');
  };
  const input = value(plain(x));
  return pass.recompute ? checkpointed(block, input, WEIGHTS.map(weight)) : block(input);
}
