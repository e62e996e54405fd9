import { beforeEach, describe, expect, it } from 'vitest';
import { Device } from '../../../src/analysis/device';
import { ModelCache } from '../../../src/analysis/model-cache';
import { tf } from '../../../src/engine/tf';
import type { Database } from '../../../src/store/database';
import type { Preprocessing } from '../../../src/store/schema';
import { freshDatabase, storeRun } from '../../helpers/stored-run';

const preprocessing: Preprocessing = {
  version: 1,
  task: 'classification',
  input_shape: [2],
  inputs: {
    kind: 'table',
    decimal_comma: false,
    columns: ['x', 'y'].map((name) => ({ name, role: 'number', mean: 0, std: 1, missing_indicator: false })),
  },
  target: ['label'],
  classes: ['a', 'b'],
  target_scale: null,
};
const config = { model: { architecture: 'mlp' as const, hidden: [3] } };
const input = Float32Array.of(0.5, -1);

let database: Database;
let device: Device;
let cache: ModelCache;

beforeEach(async () => {
  database = await freshDatabase();
  device = new Device(['webgpu', 'webgl', 'cpu'], () => cache.clear());
  cache = new ModelCache(database, device);
  await device.start();
  return () => database.close();
});

describe('ModelCache', () => {
  it('keeps the model used last on the device and frees the one before it', async () => {
    const [one, two] = [
      await storeRun(database, { config, preprocessing, seed: 1 }),
      await storeRun(database, { config, preprocessing, seed: 2 }),
    ];
    const before = tf.memory().numTensors;
    const first = await cache.use({ run_id: one.id }, async (model) => {
      await model.outputs(input, 1);
      return model;
    });
    const held = tf.memory().numTensors - before;
    expect(held).toBeGreaterThan(0);
    expect(await cache.use({ run_id: one.id }, async (model) => model)).toBe(first);

    const other = await cache.use({ run_id: two.id }, async (model) => model.outputs(input, 1));
    expect(tf.memory().numTensors - before).toBe(held);
    expect(other).not.toEqual(await cache.use({ run_id: one.id }, async (model) => model.outputs(input, 1)));
    cache.clear();
    await Promise.resolve();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does not take a model away from one who still uses it', async () => {
    const [one, two] = [
      await storeRun(database, { config, preprocessing, seed: 1 }),
      await storeRun(database, { config, preprocessing, seed: 2 }),
    ];
    const expected = await cache.use({ run_id: one.id }, async (model) => model.outputs(input, 1));
    const found = await cache.use({ run_id: one.id }, async (model) => {
      await cache.use({ run_id: two.id }, async (other) => other.outputs(input, 1));
      return model.outputs(input, 1);
    });
    expect(found).toEqual(expected);
  });

  it('goes on with the weights of a newer checkpoint', async () => {
    const one = await storeRun(database, { config, preprocessing, seed: 1 });
    const newer = await storeRun(database, { config, preprocessing, seed: 2 });
    const before = await cache.use({ run_id: one.id }, async (model) => model.outputs(input, 1));
    const checkpoint = await database.get('checkpoints', newer.best_checkpoint ?? '');
    if (!checkpoint) throw new Error('no checkpoint');
    await database.put('checkpoints', { ...checkpoint, run_id: one.id });
    await database.put('runs', { ...one, best_checkpoint: checkpoint.id });
    const after = await cache.use({ run_id: one.id }, async (model) => model.outputs(input, 1));
    expect(after).not.toEqual(before);
    await database.put('checkpoints', checkpoint);
    expect(after).toEqual(await cache.use({ run_id: newer.id }, async (model) => model.outputs(input, 1)));
  });

  it('reports a damaged model, and tries again the next time', async () => {
    const one = await storeRun(database, { config, preprocessing, seed: 1 });
    const blob = await database.get('blobs', one.weights_sha256 ?? '');
    if (!blob) throw new Error('no weights');
    await database.put('blobs', { ...blob, blob: new Blob([new Uint8Array(blob.bytes)]) });
    await expect(cache.use({ run_id: one.id }, async (model) => model)).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringContaining('damaged') as string,
    });
    await database.put('blobs', blob);
    await expect(cache.use({ run_id: one.id }, async (model) => model.outputs(input, 1))).resolves.toHaveLength(2);
  });

  it('starts a new device after the old one was lost', async () => {
    const one = await storeRun(database, { config, preprocessing, seed: 1 });
    const before = await cache.use({ run_id: one.id }, async (model) => model.outputs(input, 1));
    const { webgpu } = await device.start();
    if (!webgpu) throw new Error('this test needs a WebGPU adapter');
    const hanging = cache.use({ run_id: one.id }, () => {
      webgpu.device.destroy();
      return new Promise<never>(() => undefined);
    });
    await expect(hanging).rejects.toMatchObject({
      kind: 'backend',
      message: expect.stringContaining('stopped computing') as string,
    });
    expect(await cache.use({ run_id: one.id }, async (model) => model.outputs(input, 1))).toEqual(before);
  });
});
