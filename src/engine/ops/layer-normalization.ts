import { lastAxis } from '../kernels/normalization';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { normalized } from './normalized';
import { value, type Value } from './value';

/**
 * Layer normalisation over the last axis, `(x - mean) / √(variance + epsilon) ⊙ gamma + beta`.
 * @param gamma, beta `[width] float32`.
 */
export function layerNormalization(x: Value, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): Value {
  const backend = latheBackend();
  if (!backend) {
    const input = plain(x);
    const { mean, variance } = tf.moments(input, -1, true);
    const normal = tf.mul(tf.sub(input, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return value(tf.add(tf.mul(normal, gamma), beta));
  }
  const shape = { rows: x.tensor.size / gamma.size, width: gamma.size };
  const rows = lastAxis('layer norm', shape, true);
  return normalized(backend, x, [gamma, beta], rows, epsilon, ['statistics[2u * row]', 'statistics[2u * row + 1u]']);
}
