/**
 * Stochastic gradient descent as in PyTorch: weight decay joins the gradient, and the momentum buffer holds
 * `b ← momentum · b + g` (Sutskever et al. 2013 for Nesterov's form). A buffer that starts at 0 makes its first update
 * `b = g`, as PyTorch's does.
 */
import type { OptimizerConfig } from '../../config/optimizers';
import { tf } from '../../engine/tf';
import type { Optimizer } from './optimizer';

/** SGD with the given settings. */
export function sgd(settings: Extract<OptimizerConfig, { name: 'sgd' }>): Optimizer {
  const { momentum, nesterov, weight_decay } = settings;
  const buffered = momentum > 0;
  const step = nesterov ? 'decayed + momentum * velocity' : 'velocity';
  return {
    slots: buffered ? ['velocity'] : [],
    scalars: ['rate', 'momentum', 'decay'],
    scalarsAt: (_step, learningRate) => ({ rate: learningRate, momentum, decay: weight_decay }),
    update({ weight, slots }, gradient, { rate, decay }) {
      const decayed = tf.add<tf.Tensor1D>(gradient, tf.mul(weight, decay));
      if (!buffered) return { weight: tf.sub(weight, tf.mul(decayed, rate)), slots: [] };
      const velocity = tf.add<tf.Tensor1D>(tf.mul(slots[0], momentum), decayed);
      const direction = nesterov ? tf.add(decayed, tf.mul(velocity, momentum)) : velocity;
      return { weight: tf.sub(weight, tf.mul(direction, rate)), slots: [velocity] };
    },
    wgsl: `
    let decayed = g + decay * w;
    ${buffered ? `velocity = momentum * velocity + decayed;\n    w -= rate * (${step});` : 'w -= rate * decayed;'}`,
  };
}
