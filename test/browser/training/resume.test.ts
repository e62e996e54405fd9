import { describe, expect, test } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import type { PreparedData } from '../../../src/data/contract';
import type { Database } from '../../../src/store/database';
import { listCheckpoints } from '../../../src/store/checkpoints';
import { readLog } from '../../../src/store/logs';
import { readMetrics } from '../../../src/store/metrics';
import type { Metrics, RunRow } from '../../../src/store/schema';
import { shareDevice } from '../share-device';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

shareDevice();

const TIMINGS = new Set(['samples_per_second', 'step_ms', 'gpu_bytes', 'gpu_bytes_peak', 'gpu_busy']);

/** Everything of a run that must repeat: curves and results, without times. */
async function outcome(database: Database, row: RunRow): Promise<object> {
  const { metrics, weights_sha256, step, confusion } = row;
  const isTiming = (metric: string): boolean => TIMINGS.has(metric) || metric.startsWith('system/');
  const repeated = (values: Metrics): Metrics =>
    Object.fromEntries(Object.entries(values).filter(([metric]) => !isTiming(metric)));
  const [checkpoint] = await listCheckpoints(database, row.id);
  const curves = (await readMetrics(database, row.id)).filter(({ metric }) => !isTiming(metric));
  return {
    metrics,
    weights_sha256,
    // The slots, the weights behind an average, the scale of the loss and how long it has held.
    optimizer_sha256: checkpoint.optimizer.hash,
    step,
    latest: repeated(row.latest),
    best: repeated(row.best),
    confusion,
    curves: Object.fromEntries(curves.map(({ metric, steps, values }) => [metric, [[...steps], [...values]]])),
  };
}

/** Data that fails once, when batch number `calls` is asked for: the sitting ends there and nothing is written. */
function failingAt(data: PreparedData, calls: number): PreparedData {
  let left = calls;
  return {
    ...data,
    batch(indices) {
      if (left-- === 0) throw new LatheError('internal', 'cut off');
      return data.batch(indices);
    },
  };
}

const layers = [
  { type: 'batch_normalization', momentum: 0.9 },
  { type: 'dense', units: 11, activation: 'tanh' },
  { type: 'dropout', rate: 0.3 },
];

/** `cuts`: batches after which a sitting is cut off. */
const cases = {
  'momentum, accumulation, dropout, batch normalisation': {
    config: {
      model: { architecture: 'sequential', layers },
      training: {
        epochs: 4,
        batch_size: 13,
        gradient_accumulation: 2,
        l2: 0.001,
        class_weights: 'balanced',
        optimizer: { name: 'sgd', learning_rate: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.001 },
        schedule: { name: 'step', every_epochs: 2, gamma: 0.3 },
        checkpoints: { every_steps: 3, keep_top_k: 1 },
      },
    },
    data: () => syntheticData(),
    reason: '',
    cuts: [9, 13, 19],
  },
  'AdamW, early stopping': {
    config: {
      model: { architecture: 'mlp', hidden: [9], dropout: 0.2 },
      training: {
        epochs: 9,
        batch_size: 16,
        optimizer: { name: 'adamw', learning_rate: 0.3 },
        early_stopping: { patience: 2 },
        checkpoints: { every_steps: 4, every_epochs: 2, monitor: 'val_f1' },
      },
    },
    data: () => syntheticData({ noise: 3 }),
    reason: 'Stopped early: val_loss has not improved',
    cuts: [9, 13, 19],
  },
  'convolutions of both kinds, pooling, normalisation': {
    config: {
      model: {
        architecture: 'sequential',
        layers: [
          { type: 'conv2d', filters: 4, activation: 'relu' },
          { type: 'max_pooling2d' },
          { type: 'depthwise_conv2d' },
          { type: 'batch_normalization' },
          { type: 'layer_normalization' },
          { type: 'average_pooling2d' },
        ],
      },
      training: { epochs: 2, batch_size: 17, checkpoints: { every_steps: 2 } },
    },
    data: () => syntheticData({ shape: [8, 7, 2] }),
    reason: '',
    cuts: [7],
  },
  'halves with a scaled loss, and a moving average': {
    config: {
      model: { architecture: 'mlp', hidden: [9], dropout: 0.2 },
      training: {
        epochs: 3,
        batch_size: 16,
        precision: 'mixed_float16',
        ema: 0.9,
        optimizer: { name: 'lion', learning_rate: 0.01 },
        checkpoints: { every_steps: 2 },
      },
    },
    data: () => syntheticData(),
    reason: '',
    cuts: [5],
  },
  'a regression without validation that ends within an epoch': {
    config: {
      model: { architecture: 'mlp', hidden: [9] },
      training: {
        epochs: 3,
        max_steps: 13,
        batch_size: 20,
        optimizer: { name: 'adam', learning_rate: 0.01 },
        checkpoints: { every_steps: 2 },
      },
    },
    data: () => syntheticData({ classes: 0, validation: false }),
    reason: '',
    cuts: [5, 9, 12],
  },
};

describe.each(Object.entries(cases))('%s', (_name, { config, data, reason, cuts }) => {
  test('gives the same bits in two runs, and when it is cut off and goes on', async () => {
    const database = await freshDatabase();
    const first = await sit(database, (await storeRun(database, config)).id, data());
    expect(first.row.status).toBe('finished');
    expect(first.row.reason ?? '').toContain(reason);
    const expected = await outcome(database, first.row);
    const second = await sit(database, (await storeRun(database, config)).id, data());
    expect(await outcome(database, second.row)).toEqual(expected);

    for (const calls of cuts) {
      const run = await storeRun(database, config);
      const cut = await sit(database, run.id, failingAt(data(), calls));
      expect(cut.row.status).toBe('failed');
      const again = await sit(database, run.id, data());
      const [started] = eventsOf(again.events, 'started');
      expect(started.resumed_from).toBeGreaterThan(0);
      expect(await outcome(database, again.row)).toEqual(expected);
      expect(again.row.resumed).toHaveLength(1);
    }
  });
});

test('a run that is paused and resumed ends like an undisturbed one', async () => {
  const { config, data } = cases['momentum, accumulation, dropout, batch normalisation'];
  const database = await freshDatabase();
  const whole = await sit(database, (await storeRun(database, config)).id, data());
  const run = await storeRun(database, config);
  const paused = await sit(database, run.id, data(), {
    during: (event, trainer) => {
      if (event.type === 'started') void trainer.leave('pause');
    },
  });
  expect(paused.row.status).toBe('paused');
  expect(eventsOf(paused.events, 'checkpoint').at(-1)?.checkpoint.step).toBe(paused.row.step);
  const again = await sit(database, run.id, data());
  expect(await outcome(database, again.row)).toEqual(await outcome(database, whole.row));
});

test('a damaged checkpoint is reported and the one before it is used', async () => {
  const { config, data } = cases['momentum, accumulation, dropout, batch normalisation'];
  const database = await freshDatabase();
  const whole = await sit(database, (await storeRun(database, config)).id, data());
  const run = await storeRun(database, config);
  await sit(database, run.id, failingAt(data(), 17));
  const [newest, before] = await listCheckpoints(database, run.id);
  expect(before.step).toBeLessThan(newest.step);
  const blob = (await database.get('blobs', newest.weights.hash))!;
  const bytes = new Uint8Array(await blob.blob.arrayBuffer());
  bytes[5] ^= 64;
  await database.put('blobs', { ...blob, blob: new Blob([bytes]) });

  const again = await sit(database, run.id, data());
  const [started] = eventsOf(again.events, 'started');
  expect(started.resumed_from).toBe(before.step);
  const log = await readLog(database, run.id);
  expect(log.map(({ message }) => message).join('\n')).toContain(
    `The checkpoint at step ${newest.step} cannot be used; the one before it is tried.`,
  );
  expect(await outcome(database, again.row)).toEqual(await outcome(database, whole.row));
});
