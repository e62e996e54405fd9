import { expect, test } from 'vitest';
import type { DropReason } from '../../../../src/peers/status';
import type { TrainerMessage } from '../../../../src/peers/trainer-port';
import { Together } from './together';

const config = {
  model: {
    architecture: 'sequential',
    layers: [
      { type: 'dense', units: 19, activation: 'relu' },
      { type: 'batch_normalization', momentum: 0.9 },
    ],
  },
  training: {
    epochs: 3,
    batch_size: 16,
    optimizer: { name: 'adamw', learning_rate: 0.02 },
    distributed: { enabled: true, world_size: 3, micro_batches: 8, bucket_mb: 1e-4 },
  },
};

const alone = {
  ...config,
  training: { ...config.training, distributed: { ...config.training.distributed, world_size: 1 } },
};

const poison =
  (wrong: (value: number) => number) =>
  (message: TrainerMessage): void => {
    // From the first update on: on a busy machine a peer that is late may be dealt nothing afterwards.
    if (message.type === 'bucket') message.values.forEach((v, i) => (message.values[i] = wrong(v)));
  };

/** What an honest peer by itself ends with. */
const honest = (async () => new Together({ config: alone }).add().result)();

test.each<[string, DropReason, RegExp, (value: number) => number]>([
  ['NaN', 'not_finite', /gradients are NaN or infinite/, () => NaN],
  ['a million times too large', 'norm', /gradients are far larger/, (value) => 1e6 * value],
])('a peer whose gradients are %s is put out, and the others go on as if it had not been there', async (...args) => {
  const [, counted, said, wrong] = args;
  const together = new Together({ config });
  const first = together.add();
  const bad = together.add({ disturb: poison(wrong) });
  const third = together.add();
  const [a, b, c] = await Promise.all([first, bad, third].map(({ result }) => result));
  const expected = await honest;
  for (const result of [a, c]) {
    expect(result).toMatchObject({ status: 'finished', steps: expected.steps, weights: expected.weights });
    expect(result.curves.train_loss).toEqual(expected.curves.train_loss);
  }
  expect([...third.hashes]).toEqual([...first.hashes]);
  expect(b.steps).toBeLessThan(expected.steps);
  expect(b.status).not.toBe('finished');
  expect(b.reason).toMatch(said);
  // By the coordinator, once.
  expect(first.group.status().dropped[counted]).toBe(1);
});
