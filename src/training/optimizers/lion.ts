/**
 * Lion (Chen et al., “Symbolic discovery of optimization algorithms”, 2023): every weight moves by the same amount, in the
 * direction `sign(β₁ m + (1 - β₁) g)`; then `m ← β₂ m + (1 - β₂) g`. Weights shrink by `rate · decay` apart from that.
 */
import type { OptimizerConfig } from '../../config/optimizers';
import { tf } from '../../engine/tf';
import type { Optimizer } from './optimizer';

/** Lion with the given settings. */
export function lion(settings: Extract<OptimizerConfig, { name: 'lion' }>): Optimizer {
  const { beta1, beta2, weight_decay } = settings;
  return {
    slots: ['momentum'],
    scalars: ['rate', 'keep', 'beta1', 'fresh1', 'beta2', 'fresh2'],
    scalarsAt: (_step, rate) => ({
      rate,
      keep: 1 - rate * weight_decay,
      beta1,
      fresh1: 1 - beta1,
      beta2,
      fresh2: 1 - beta2,
    }),
    update({ weight, slots }, gradient, { rate, keep, fresh1, fresh2 }) {
      const direction = tf.sign(tf.add(tf.mul(slots[0], beta1), tf.mul(gradient, fresh1)));
      return {
        weight: tf.sub(tf.mul(weight, keep), tf.mul(direction, rate)),
        slots: [tf.add(tf.mul(slots[0], beta2), tf.mul(gradient, fresh2))],
      };
    },
    wgsl: `
    w = keep * w - rate * sign(beta1 * momentum + fresh1 * g);
    momentum = beta2 * momentum + fresh2 * g;`,
  };
}
