import { expect, test } from 'vitest';
import type { CodecConfig } from '../../../../src/peers/compression/codec';
import { Together } from './together';

const config = {
  model: { architecture: 'cnn', filters: [6, 8], dropout: 0 },
  training: {
    epochs: 4,
    batch_size: 16,
    optimizer: { name: 'adamw', learning_rate: 0.005 },
    checkpoints: { every_minutes: null },
    distributed: { enabled: true, world_size: 2, micro_batches: 4, bucket_mb: 0.01 },
  },
};

/** A convolutional network on noisy images, trained by two peers. */
async function train(codec: CodecConfig): Promise<{ train: number; val: number; sent: number }> {
  const together = new Together({ config, codec, data: { examples: 400, shape: [12, 12, 1], classes: 5, noise: 1.6 } });
  const peers = [together.add(), together.add()];
  const [a, b] = await Promise.all(peers.map(({ result }) => result));
  expect([a.status, b.status]).toEqual(['finished', 'finished']);
  expect(b.weights).toBe(a.weights);
  expect([...peers[1].hashes]).toEqual([...peers[0].hashes]);
  const last = (metric: string): number => a.curves[metric].at(-1)?.[1] ?? NaN;
  return { train: last('train_loss'), val: last('val_loss'), sent: peers[0].sent() };
}

test('gradients in float16 and int8 learn what those in float32 do', async () => {
  const exact = await train({ name: 'float32' });
  // There must be something left to lose, and something learnt.
  expect(exact.val).toBeGreaterThan(0.02);
  expect(exact.val).toBeLessThan(1.2);
  for (const name of ['float16', 'int8'] as const) {
    const rounded = await train({ name });
    expect(Math.abs(rounded.val / exact.val - 1)).toBeLessThan(0.02);
    expect(rounded.sent).toBeLessThan(exact.sent);
  }
});
