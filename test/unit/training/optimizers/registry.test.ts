import { describe, expect, test } from 'vitest';
import type { OptimizerConfig } from '../../../../src/config/optimizers';
import { randomStream } from '../../../../src/base/random';
import { TensorArena } from '../../../../src/engine/arena/tensor-arena';
import { tf } from '../../../../src/engine/tf';
import { createOptimizer } from '../../../../src/training/optimizers/registry';

/**
 * The optimizers against plain float64 code written from PyTorch's documentation (`torch.optim.SGD`, `Adam`, `AdamW`), on
 * the gradient of a bowl with noise.
 */

const adamLike = { beta1: 0.8, beta2: 0.95, epsilon: 1e-6 };
const settings: OptimizerConfig[] = [
  { name: 'sgd', learning_rate: 0.1, momentum: 0, nesterov: false, weight_decay: 0.02 },
  { name: 'sgd', learning_rate: 0.05, momentum: 0.9, nesterov: false, weight_decay: 0 },
  { name: 'sgd', learning_rate: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.01 },
  { name: 'adam', learning_rate: 0.05, ...adamLike },
  { name: 'adamw', learning_rate: 0.05, weight_decay: 0.1, ...adamLike },
  { name: 'lion', learning_rate: 0.01, weight_decay: 0.1, beta1: 0.9, beta2: 0.99 },
];
const plain = { l2: 0, ema: null, lossScale: null, accumulates: true };
const STEPS = 60;
const LENGTH = 5;

/** The reference: weights after each step, from the same gradients. */
function reference(config: OptimizerConfig, start: number[], gradients: number[][], clip: number | null): number[] {
  const w = [...start];
  const first = w.map(() => 0);
  const second = w.map(() => 0);
  gradients.forEach((raw, index) => {
    const t = index + 1;
    const norm = Math.hypot(...raw);
    const factor = clip === null ? 1 : Math.min(1, clip / (norm + 1e-6));
    raw.forEach((value, i) => {
      let g = value * factor;
      const lr = config.learning_rate;
      if (config.name === 'sgd') {
        g += config.weight_decay * w[i];
        if (config.momentum > 0) {
          first[i] = t === 1 ? g : config.momentum * first[i] + g;
          g = config.nesterov ? g + config.momentum * first[i] : first[i];
        }
        w[i] -= lr * g;
        return;
      }
      if (config.name === 'lion') {
        const direction = Math.sign(config.beta1 * first[i] + (1 - config.beta1) * g);
        w[i] = w[i] * (1 - lr * config.weight_decay) - lr * direction;
        first[i] = config.beta2 * first[i] + (1 - config.beta2) * g;
        return;
      }
      if (config.name === 'adamw') w[i] -= lr * config.weight_decay * w[i];
      first[i] = config.beta1 * first[i] + (1 - config.beta1) * g;
      second[i] = config.beta2 * second[i] + (1 - config.beta2) * g * g;
      const mHat = first[i] / (1 - config.beta1 ** t);
      const vHat = second[i] / (1 - config.beta2 ** t);
      w[i] -= (lr * mHat) / (Math.sqrt(vHat) + config.epsilon);
    });
  });
  return w;
}

describe.each(settings)('$name $momentum $nesterov', (config) => {
  test.each([null, 0.7])('follows the reference over many steps, clipped to %s', async (clip) => {
    await tf.setBackend('cpu');
    const random = randomStream(1, 'optimizer');
    const start = Array.from({ length: LENGTH }, () => random.normal());
    const gradients = Array.from({ length: STEPS }, () => Array.from({ length: LENGTH }, () => random.normal()));
    const variables = [tf.variable(tf.tensor2d(start.slice(0, 4), [2, 2])), tf.variable(tf.tensor1d(start.slice(4)))];
    const optimizer = createOptimizer(config);
    const arena = new TensorArena(variables, optimizer, plain);
    for (const [i, gradient] of gradients.entries()) {
      const parts = [tf.tensor2d(gradient.slice(0, 4), [2, 2]), tf.tensor1d(gradient.slice(4))];
      arena.prepare(optimizer.scalarsAt(i + 1, config.learning_rate), clip);
      arena.store(parts, true);
      arena.update();
      const { norm } = await arena.readResult();
      expect(norm).toBeCloseTo(Math.hypot(...gradient), 4);
      tf.dispose(parts);
    }
    const expected = reference(config, start, gradients, clip);
    const { weights } = await arena.snapshot();
    weights.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
    expect([...variables[0].dataSync(), ...variables[1].dataSync()]).toEqual([...weights]);
    arena.dispose();
  });
});

test('gradients of several batches add up, and state survives saving', async () => {
  await tf.setBackend('cpu');
  const optimizer = createOptimizer(settings[4]);
  const make = (): [TensorArena, tf.Variable] => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    return [new TensorArena([variable], optimizer, plain), variable];
  };
  const [whole, a] = make();
  const [parted, b] = make();
  for (let step = 1; step <= 3; step++) {
    whole.store([tf.tensor1d([0.5, -1])], true);
    parted.store([tf.tensor1d([0.25, -2])], true);
    parted.store([tf.tensor1d([0.25, 1])], false);
    for (const arena of [whole, parted]) {
      arena.prepare(optimizer.scalarsAt(step, 0.1), 1);
      arena.update();
    }
  }
  expect([...b.dataSync()]).toEqual([...a.dataSync()]);

  const saved = await whole.snapshot();
  const c = tf.variable(tf.tensor1d(saved.weights));
  const restored = new TensorArena([c], optimizer, plain);
  restored.load(saved);
  for (const arena of [whole, restored]) {
    arena.store([tf.tensor1d([3, 1])], true);
    arena.prepare(optimizer.scalarsAt(4, 0.1), null);
    arena.update();
  }
  expect([...c.dataSync()]).toEqual([...a.dataSync()]);
});
