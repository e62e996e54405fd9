/** What is recorded beside the curves: when, and that training does not notice. */
import { describe, expect, test } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import type { PreparedData } from '../../../src/data/contract';
import { binNumbers } from '../../../src/engine/histogram/bins';
import { listCheckpoints, loadCheckpoint } from '../../../src/store/checkpoints';
import { readLog } from '../../../src/store/logs';
import { mediaSteps, readMedia, type MediaRow } from '../../../src/store/media';
import { shareDevice } from '../share-device';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';
import { ALL, bits, of, recording, settings } from './media-fixture';

shareDevice();

describe.each(['webgpu', 'cpu'] as const)('on %s', (backend) => {
  const backends = [backend];

  test('a run with media ends in the same bits as one without', async () => {
    const database = await freshDatabase();
    const plain = await sit(database, (await storeRun(database, settings)).id, syntheticData(), { backends });
    expect(await readMedia(database, plain.row.id)).toEqual([]);
    const run = await storeRun(database, recording(ALL));
    const { row, events } = await sit(database, run.id, syntheticData(), { backends });
    expect(row.status).toBe('finished');
    expect(await bits(database, row)).toEqual(await bits(database, plain.row));
    const rows = await readMedia(database, run.id);
    const steps = await mediaSteps(database, run.id);
    expect(steps).toHaveLength(3);
    expect(eventsOf(events, 'media').map(({ step }) => step)).toEqual(steps);
    for (const step of steps) {
      expect(rows.filter((media) => media.step === step).map(({ name }) => name)).toEqual([
        ...['batch_normalization_1/gamma', 'batch_normalization_1/beta', 'dense_1/kernel', 'dense_1/bias']
          .concat('output/kernel', 'output/bias')
          .map((name) => `weights/${name}`),
        ...['batch_normalization_1/gamma', 'batch_normalization_1/beta', 'dense_1/kernel', 'dense_1/bias']
          .concat('output/kernel', 'output/bias')
          .map((name) => `gradients/${name}`),
        'predictions/table',
        'confusion/val',
        'embeddings/last_hidden',
      ]);
    }
    expect((await readLog(database, run.id)).filter(({ level }) => level === 'warning')).toEqual([]);
  });

  test('histograms of weights are those of the checkpoint of the step, and gradients explain the last update', async () => {
    const rate = 0.25;
    const config = recording(ALL, {
      model: { architecture: 'mlp', hidden: [9] },
      training: {
        epochs: 2,
        max_steps: 2,
        batch_size: 64,
        l2: 0.02,
        gradient_clip: { norm: 1e6 },
        optimizer: { name: 'sgd', learning_rate: rate, momentum: 0, weight_decay: 0 },
        schedule: { name: 'constant', warmup_steps: 0 },
        checkpoints: { keep_top_k: 5, every_steps: 1 },
      },
      data: { split: { validation: 0.1, test: 0.1 } },
    });
    const database = await freshDatabase();
    const run = await storeRun(database, config);
    await sit(database, run.id, syntheticData(), { backends });
    const media = await readMedia(database, run.id);
    const kept = await Promise.all(
      (await listCheckpoints(database, run.id)).map(({ id }) => loadCheckpoint(database, id)),
    );
    const at = (step: number) => kept.find(({ row }) => row.step === step)!;
    const last = media.filter(({ step }) => step === 2);
    for (const { name, offset, length } of at(2).row.weights.tensors) {
      const part = (step: number): Float32Array => at(step).weights.subarray(offset / 4, (offset + length) / 4);
      const [found] = of(last, `weights/${name}`, 'histogram');
      const expected = binNumbers(part(2))!;
      expect(found.edges).toEqual(expected.edges);
      expect(found.counts).toEqual(expected.counts);
      expect(found.sum).toBeCloseTo(expected.sum, 4);
      expect(found.sum_squares).toBeCloseTo(expected.sum_squares, 4);
      // Plain descent: what the weights were moved by, divided by the rate.
      const gradient = part(1).map((before, i) => (before - part(2)[i]) / rate);
      const [moved] = of(last, `gradients/${name}`, 'histogram');
      const reference = binNumbers(gradient)!;
      expect(moved.count).toBe(gradient.length);
      expect(moved.min).toBeCloseTo(reference.min, 4);
      expect(moved.max).toBeCloseTo(reference.max, 4);
      expect(moved.sum).toBeCloseTo(reference.sum, 3);
      expect(moved.sum_squares).toBeCloseTo(reference.sum_squares, 3);
    }
  });
});

test('of halves the scale of the loss is taken out of gradients', async () => {
  const database = await freshDatabase();
  const base = {
    model: { architecture: 'mlp', hidden: [9] },
    training: { epochs: 1, batch_size: 42, optimizer: { name: 'sgd', learning_rate: 0.01 } },
  };
  const sums = await Promise.all(
    ['float32', 'mixed_float16'].map(async (precision) => {
      const run = await storeRun(
        database,
        recording({ histograms: true }, { ...base, training: { ...base.training, precision } }),
      );
      return run.id;
    }),
  );
  const found: number[] = [];
  for (const id of sums) {
    await sit(database, id, syntheticData());
    const [{ sum_squares }] = of(await readMedia(database, id), 'gradients/output/kernel', 'histogram');
    found.push(Math.sqrt(sum_squares));
  }
  expect(found[1] / found[0]).toBeCloseTo(1, 1);
});

test('a run that goes on from a checkpoint drops what was later, and makes it again', async () => {
  const database = await freshDatabase();
  const config = recording(ALL, {
    ...settings,
    training: {
      ...settings.training,
      checkpoints: { every_steps: 4, every_epochs: null, keep_top_k: 1, monitor: 'val_loss' },
    },
  });
  const whole = await storeRun(database, config);
  await sit(database, whole.id, syntheticData());
  const expected = await readMedia(database, whole.id);

  const run = await storeRun(database, config);
  const data = syntheticData();
  let left = 17;
  const failing: PreparedData = {
    ...data,
    batch(indices) {
      if (left-- === 0) throw new LatheError('internal', 'cut off');
      return data.batch(indices);
    },
  };
  await sit(database, run.id, failing);
  const before = await mediaSteps(database, run.id);
  expect(before.length).toBeGreaterThan(0);
  // As if more had been recorded than there is a checkpoint of.
  const { seq: _seq, ...row } = (await readMedia(database, run.id))[0];
  await database.add('media', { ...row, step: 1e6 });
  const { events } = await sit(database, run.id, data);
  expect(eventsOf(events, 'started')[0].resumed_from).toBeGreaterThan(0);
  const plain = (rows: MediaRow[]) =>
    rows.map(({ name, step, content }) => ({
      name,
      step,
      content: content.kind === 'image' ? content.caption : content,
    }));
  expect(plain(await readMedia(database, run.id))).toEqual(plain(expected));
});

test('by default nothing is recorded; without epochs between, only the end is', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, recording({ predictions: 4 }));
  const { row } = await sit(database, run.id, syntheticData());
  expect(await mediaSteps(database, run.id)).toEqual([row.step]);
});

test('a run that stops early, or is stopped, shows its end', async () => {
  const database = await freshDatabase();
  const config = recording(
    { predictions: 4 },
    { ...settings, training: { ...settings.training, epochs: 50, early_stopping: { patience: 1, min_delta: 10 } } },
  );
  const early = await storeRun(database, config);
  const { row } = await sit(database, early.id, syntheticData());
  expect(row.reason).toContain('Stopped early');
  expect(await mediaSteps(database, early.id)).toEqual([row.step]);
  const stopped = await storeRun(
    database,
    recording({ predictions: 4 }, { ...settings, training: { ...settings.training, epochs: 50 } }),
  );
  const ended = await sit(database, stopped.id, syntheticData(), {
    during: (event, trainer) => {
      if (event.type === 'checkpoint') void trainer.leave('stop');
    },
  });
  expect(ended.row.status).toBe('stopped');
  expect(await mediaSteps(database, stopped.id)).toEqual([ended.row.step]);
});
