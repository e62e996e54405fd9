import { expect, test } from 'vitest';
import { readMetrics } from '../../../src/store/metrics';
import { shareDevice } from '../share-device';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

shareDevice();

test('a classifier learns, and its row says how well', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, {
    model: { architecture: 'mlp', hidden: [16] },
    training: { epochs: 12, batch_size: 16, optimizer: { name: 'adamw', learning_rate: 0.01 } },
  });
  const { events, row } = await sit(database, run.id, syntheticData());

  expect(row.status).toBe('finished');
  expect(row.step).toBe(12 * 6);
  expect(row.metrics?.test.accuracy).toBeGreaterThan(0.8);
  expect(row.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(row.confusion.test?.matrix.flat().reduce((sum, count) => sum + count)).toBe(18);
  expect(row.backend?.backend).toBe('webgpu');
  expect(eventsOf(events, 'evaluated').filter(({ split }) => split === 'val')).toHaveLength(12);
  const curves = await readMetrics(database, run.id, ['train_loss', 'val_accuracy']);
  expect(curves.map(({ steps }) => steps.length)).toEqual([72, 12]);
});

test('every backend trains alike: the first steps agree to rounding', async () => {
  const database = await freshDatabase();
  const config = {
    model: { architecture: 'mlp', hidden: [12], dropout: 0.25 },
    training: { epochs: 2, batch_size: 16, gradient_accumulation: 2, l2: 0.01, class_weights: 'balanced' },
  };
  const curves: number[][] = [];
  for (const backend of ['webgpu', 'webgl', 'cpu'] as const) {
    const run = await storeRun(database, config);
    // A browser without WebGL in workers and tests falls back to the CPU, which is then compared with itself.
    const { row } = await sit(database, run.id, syntheticData(), { backends: [backend, 'cpu'] });
    expect(row.status).toBe('finished');
    const [curve] = await readMetrics(database, run.id, ['train_loss']);
    curves.push([...curve.values]);
  }
  const [webgpu, ...others] = curves;
  for (const other of others) other.forEach((value, i) => expect(value).toBeCloseTo(webgpu[i], 3));
});

test('a regression is measured in its own unit', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, {
    model: { architecture: 'linear' },
    training: { epochs: 25, batch_size: 16, optimizer: { name: 'adamw', learning_rate: 0.05 } },
  });
  const { row } = await sit(database, run.id, syntheticData({ classes: 0 }));
  expect(row.metrics?.test.r2).toBeGreaterThan(0.98);
  expect(row.confusion).toEqual({ val: null, test: null });
  // The targets' standard deviation is 2 in their own unit.
  const { loss, rmse } = row.metrics!.test;
  expect(rmse).toBeCloseTo(2 * Math.sqrt(loss), 6);
  expect(Object.keys(row.latest)).toEqual(
    expect.arrayContaining(['train_mae', 'val_r2', 'test_rmse', 'learning_rate']),
  );
});

test('a regression trains by Huber’s loss; a classification refuses it by its key', async () => {
  const database = await freshDatabase();
  const settings = { epochs: 25, batch_size: 16, optimizer: { name: 'adamw', learning_rate: 0.05 } };
  const training = { ...settings, loss: 'huber', huber_delta: 0.5 };
  const run = await storeRun(database, { model: { architecture: 'linear' }, training });
  const { row } = await sit(database, run.id, syntheticData({ classes: 0 }));
  expect(row.metrics?.test.r2).toBeGreaterThan(0.98);
  const { loss, rmse } = row.metrics!.test;
  // All errors lie where the loss is half the square of them.
  expect(2 * loss).toBeCloseTo((rmse / 2) ** 2, 6);
  const refused = await storeRun(database, { model: { architecture: 'linear' }, training });
  await expect(sit(database, refused.id, syntheticData())).rejects.toThrow(/training\.loss is huber/);
});

test('convolution, pooling and normalisation train in a sequential model', async () => {
  const database = await freshDatabase();
  const layers = [
    { type: 'conv2d', filters: 4, use_bias: false },
    { type: 'batch_normalization', momentum: 0.8 },
    { type: 'activation', activation: 'gelu' },
    { type: 'max_pooling2d' },
    { type: 'depthwise_conv2d', activation: 'swish' },
    { type: 'layer_normalization' },
    { type: 'average_pooling2d' },
    { type: 'group_normalization', groups: 2 },
    { type: 'dropout', rate: 0.1 },
    { type: 'dense', units: 8, activation: 'elu' },
    { type: 'rms_normalization' },
  ];
  const run = await storeRun(database, {
    model: { architecture: 'sequential', layers },
    training: { epochs: 6, batch_size: 14, optimizer: { name: 'adamw', learning_rate: 0.02 } },
  });
  const { row } = await sit(database, run.id, syntheticData({ shape: [8, 9, 2] }));
  expect(row.status).toBe('finished');
  expect(row.metrics?.test.accuracy).toBeGreaterThan(0.8);
});
