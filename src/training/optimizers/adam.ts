/**
 * Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), as PyTorch writes them:
 * `w ← w - rate · m̂ / (√v̂ + ε)` with `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`; AdamW first shrinks `w` by
 * `rate · decay`, apart from the gradient.
 */
import type { OptimizerConfig } from '../../config/optimizers';
import { tf } from '../../engine/tf';
import type { Optimizer } from './optimizer';

/** Adam with the given settings. */
export function adam(settings: Extract<OptimizerConfig, { name: 'adam' }>): Optimizer {
  return adamFamily(settings, 0);
}

/** AdamW with the given settings. */
export function adamw(settings: Extract<OptimizerConfig, { name: 'adamw' }>): Optimizer {
  return adamFamily(settings, settings.weight_decay);
}

function adamFamily(settings: { beta1: number; beta2: number; epsilon: number }, decay: number): Optimizer {
  const { beta1, beta2, epsilon } = settings;
  return {
    slots: ['first', 'second'],
    scalars: ['keep', 'beta1', 'fresh1', 'beta2', 'fresh2', 'step_size', 'correction', 'epsilon'],
    // The powers are taken in double precision; 1 - β would lose digits in single precision.
    scalarsAt: (step, rate) => ({
      keep: 1 - rate * decay,
      beta1,
      fresh1: 1 - beta1,
      beta2,
      fresh2: 1 - beta2,
      step_size: rate / (1 - beta1 ** step),
      correction: Math.sqrt(1 - beta2 ** step),
      epsilon,
    }),
    update({ weight, slots }, gradient, { keep, fresh1, fresh2, step_size, correction }) {
      const first = tf.add<tf.Tensor1D>(tf.mul(slots[0], beta1), tf.mul(gradient, fresh1));
      const second = tf.add<tf.Tensor1D>(tf.mul(slots[1], beta2), tf.mul(tf.square(gradient), fresh2));
      const denominator = tf.add(tf.div(tf.sqrt(second), correction), epsilon);
      const kept = decay > 0 ? tf.mul<tf.Tensor1D>(weight, keep) : weight;
      return { weight: tf.sub(kept, tf.mul(tf.div(first, denominator), step_size)), slots: [first, second] };
    },
    wgsl: `
    first = beta1 * first + fresh1 * g;
    second = beta2 * second + fresh2 * g * g;
    w = keep * w - step_size * first / (sqrt(second) / correction + epsilon);`,
  };
}
