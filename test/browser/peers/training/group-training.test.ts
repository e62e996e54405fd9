import { expect, test } from 'vitest';
import type { PeerResult } from './trainer.worker';
import { Together, type Setting } from './together';

/** A small network with everything that has a state: dropout, batch normalisation, momentum. */
const config = (worldSize: number, more: object = {}): object => ({
  model: {
    architecture: 'sequential',
    layers: [
      { type: 'dense', units: 19, activation: 'relu' },
      { type: 'batch_normalization', momentum: 0.9 },
      { type: 'dropout', rate: 0.2 },
    ],
  },
  training: {
    epochs: 4,
    batch_size: 16,
    optimizer: { name: 'adamw', learning_rate: 0.02 },
    distributed: { enabled: true, world_size: worldSize, micro_batches: 8, bucket_mb: 1e-4 },
    ...more,
  },
});

async function train(members: number, setting: Partial<Setting> = {}, backends: ('webgpu' | 'cpu')[] = []) {
  const together = new Together({ config: config(members), ...setting });
  for (let i = 0; i < members; i++) together.add({ backend: backends[i] });
  const results = await Promise.all(together.peers.map(({ result }) => result));
  return { results, hashes: together.peers.map(({ hashes }) => hashes) };
}

/** Curves that all peers share. The best checkpoint is measured by each peer itself, on the adapter that it has. */
const learned = ({ curves }: PeerResult): Record<string, [number, number][]> =>
  Object.fromEntries(
    Object.entries(curves).filter(([metric]) => /^(train|val)_|gradient_norm|learning_rate/.test(metric)),
  );

test('groups of one, two and four end with the same bits and the same curves', async () => {
  const alone = await train(1);
  expect(alone.results[0]).toMatchObject({ status: 'finished' });
  expect(alone.results[0].steps).toBe(24);
  const losses = alone.results[0].curves.train_loss.map(([, loss]) => loss);
  expect(losses[losses.length - 1]).toBeLessThan(0.8 * losses[0]);
  for (const members of [2, 4]) {
    const group = await train(members);
    for (const [i, result] of group.results.entries()) {
      expect(result).toMatchObject({ status: 'finished', weights: alone.results[0].weights });
      expect(learned(result)).toEqual(learned(alone.results[0]));
      expect(group.hashes[i]).toEqual(alone.hashes[0]);
    }
  }
});

test('peers on different backends hold the same parameters at every step', async () => {
  const { results, hashes } = await train(2, {}, ['webgpu', 'cpu']);
  expect(results.map(({ status }) => status)).toEqual(['finished', 'finished']);
  expect(hashes[1]).toEqual(hashes[0]);
  expect(hashes[0].size).toBeGreaterThan(24);
  expect(results[1].weights).toBe(results[0].weights);
  expect(learned(results[1])).toEqual(learned(results[0]));
});
