import { LatheError } from '../../base/errors';
import { channelGroups } from '../kernels/normalization';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { normalized } from './normalized';
import { value, type Value } from './value';

/**
 * Group normalisation (Wu & He 2018): each example's channels are cut into groups, and each group is normalised over all
 * positions, `(x - mean) / √(variance + epsilon) ⊙ gamma + beta`.
 * @param x `[batch, …positions, channels]`.
 * @param gamma, beta `[channels] float32`.
 * @param groups Must divide the channels; 1 takes all of them together, `channels` each by itself.
 */
export function groupNormalization(
  x: Value,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  groups: number,
  epsilon: number,
): Value {
  const { shape, size } = x.tensor;
  const [batch] = shape;
  const channels = gamma.size;
  const positions = size / batch / channels;
  if (channels % groups !== 0) {
    throw new LatheError('internal', `Group normalisation of ${channels} channels cannot have ${groups} groups.`);
  }
  const backend = latheBackend();
  if (!backend) {
    const input = tf.reshape(plain(x), [batch, positions, groups, channels / groups]);
    const { mean, variance } = tf.moments(input, [1, 3], true);
    const normal = tf.mul(tf.sub(input, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return value(tf.add(tf.mul(tf.reshape(normal, shape), gamma), beta));
  }
  const rows = channelGroups(batch, positions, channels, groups);
  const group = `2u * (row / ${positions}u * ${groups}u + column / ${channels / groups}u)`;
  return normalized(backend, x, [gamma, beta], rows, epsilon, [`statistics[${group}]`, `statistics[${group} + 1u]`]);
}
