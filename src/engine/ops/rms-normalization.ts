import { lastAxis } from '../kernels/normalization';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { normalized } from './normalized';
import { value, type Value } from './value';

/**
 * RMS normalisation over the last axis (Zhang & Sennrich 2019), `x / √(mean x² + epsilon) ⊙ gamma`: layer normalisation
 * without the mean and without beta.
 * @param gamma `[width] float32`.
 */
export function rmsNormalization(x: Value, gamma: tf.Tensor, epsilon: number): Value {
  const backend = latheBackend();
  if (!backend) {
    const input = plain(x);
    const square = tf.mean(tf.square(input), -1, true);
    return value(tf.mul(tf.mul(input, tf.rsqrt(tf.add(square, epsilon))), gamma));
  }
  const shape = { rows: x.tensor.size / gamma.size, width: gamma.size };
  const rows = lastAxis('rms norm', shape, false);
  return normalized(backend, x, [gamma, null], rows, epsilon, ['0.0', 'statistics[2u * row + 1u]']);
}
