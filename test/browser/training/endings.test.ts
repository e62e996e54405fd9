import { afterEach, expect, test, vi } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import { listCheckpoints, loadCheckpoint } from '../../../src/store/checkpoints';
import { tf } from '../../../src/engine/tf';
import type { TrainerApi, TrainingEvent } from '../../../src/training/protocol';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

/** How a run may end other than by finishing. */

const small = { model: { architecture: 'mlp', hidden: [8] } };
const long = { ...small, training: { epochs: 1000, batch_size: 32, early_stopping: null } };

afterEach(() => {
  vi.restoreAllMocks();
});

/** Calls `act` once, at the first event that `when` accepts. */
function once(
  when: (event: TrainingEvent) => boolean,
  act: (trainer: TrainerApi) => void,
): (event: TrainingEvent, trainer: TrainerApi) => void {
  let done = false;
  return (event, trainer) => {
    if (done || !when(event)) return;
    done = true;
    act(trainer);
  };
}

/** Keeps hold of the device that the trainer requests next. */
function watchDevice(): () => GPUDevice | null {
  const requestDevice = Reflect.get(GPUAdapter.prototype, 'requestDevice');
  let device: GPUDevice | null = null;
  vi.spyOn(GPUAdapter.prototype, 'requestDevice').mockImplementation(async function (this: GPUAdapter, ...args) {
    device = await requestDevice.apply(this, args);
    return device;
  });
  return () => device;
}

const evaluated = (event: TrainingEvent): boolean => event.type === 'evaluated';

test('a run that diverges names the step, and its best checkpoint stays usable', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, {
    model: { architecture: 'linear' },
    training: {
      epochs: 30,
      batch_size: 64,
      optimizer: { name: 'sgd', learning_rate: 1e9 },
      schedule: { name: 'constant', warmup_steps: 30 },
      gradient_clip: null,
    },
  });
  const { row, events } = await sit(database, run.id, syntheticData());
  expect(row.status).toBe('diverged');
  expect(row.reason).toMatch(/^The run diverged at step \d+: .*training\.optimizer\.learning_rate \(now 1000000000\)/);
  expect(eventsOf(events, 'ended')[0].error?.kind).toBe('diverged');
  expect(row.step).toBe(Number(/step (\d+)/.exec(row.reason!)![1]));
  for (const { id } of await listCheckpoints(database, run.id)) {
    expect((await loadCheckpoint(database, id)).weights.every(Number.isFinite)).toBe(true);
  }
});

test('a run that diverges after a good epoch is measured at its best checkpoint', async () => {
  const database = await freshDatabase();
  const data = syntheticData();
  let calls = 0;
  const run = await storeRun(database, { ...small, training: { epochs: 4, batch_size: 32, gradient_clip: null } });
  // Broken numbers in the second epoch; the first takes three batches, its evaluation one.
  const { row } = await sit(database, run.id, {
    ...data,
    async batch(indices) {
      const batch = await data.batch(indices);
      if (++calls === 6) batch.inputs.fill(Infinity);
      return batch;
    },
  });
  expect(row.status).toBe('diverged');
  expect(row.reason).toContain('diverged at step 5');
  expect(row.reason).toContain('the batch itself holds Infinity');
  expect(row.metrics?.test.accuracy).toBeGreaterThanOrEqual(0);
  expect(row.best_checkpoint).not.toBeNull();
  expect(row.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
});

test('a stopped run keeps its best and is evaluated; a cancelled one is not', async () => {
  const database = await freshDatabase();
  const stopped = await storeRun(database, long);
  const end = await sit(database, stopped.id, syntheticData(), {
    during: once(evaluated, (trainer) => void trainer.leave('stop')),
  });
  expect(end.row.status).toBe('stopped');
  expect(Object.keys(end.row.metrics!.test)).toEqual(['loss', 'accuracy', 'f1']);
  expect(end.row.best_checkpoint).not.toBeNull();

  const cancelled = await storeRun(database, long);
  const left = await sit(database, cancelled.id, syntheticData(), {
    during: once(evaluated, (trainer) => void trainer.leave('cancel')),
  });
  expect(left.row.status).toBe('cancelled');
  expect(left.row.metrics).toBeNull();
});

test('a run that is stopped before its first step is evaluated as it is', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, long);
  const { row } = await sit(database, run.id, syntheticData(), {
    during: (event, trainer) => {
      if (event.type === 'started') void trainer.leave('stop');
    },
  });
  expect(row.status).toBe('stopped');
  expect(row.metrics?.test.loss).toBeGreaterThan(0);
});

test('a full disk pauses the run and loses nothing that was stored', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, { ...long, training: { ...long.training, epochs: 4 } });
  let full = false;
  const put = Reflect.get(IDBObjectStore.prototype, 'put');
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
    if (full && this.name === 'checkpoints') throw new DOMException('no room', 'QuotaExceededError');
    return put.apply(this, args);
  });
  const { row, events } = await sit(database, run.id, syntheticData(), {
    during: once(
      (event) => event.type === 'checkpoint' && event.checkpoint.step > 0,
      () => (full = true),
    ),
  });
  expect(row.status).toBe('paused');
  expect(row.reason).toContain('storage is full');
  expect(eventsOf(events, 'ended')[0].error?.kind).toBe('storage');
  const [checkpoint] = await listCheckpoints(database, run.id);
  expect(checkpoint.step).toBeGreaterThan(0);
  expect((await loadCheckpoint(database, checkpoint.id)).row.id).toBe(checkpoint.id);

  full = false;
  const again = await sit(database, run.id, syntheticData());
  expect(again.row.status).toBe('finished');
  expect(again.row.reason).toBeNull();
  expect(eventsOf(again.events, 'started')[0].resumed_from).toBe(checkpoint.step);
});

test('a lost device is told, the run stays unfinished, and goes on to the same end', async () => {
  const database = await freshDatabase();
  const config = { ...small, training: { epochs: 6, batch_size: 16, checkpoints: { every_steps: 2 } } };
  const whole = await sit(database, (await storeRun(database, config)).id, syntheticData());
  const run = await storeRun(database, config);
  const device = watchDevice();
  const { row, events } = await sit(database, run.id, syntheticData(), {
    during: once(evaluated, () => device()?.destroy()),
  });
  expect(events.at(-1)?.type).toBe('device_lost');
  expect(row.status).toBe('running');
  const again = await sit(database, run.id, syntheticData());
  expect(again.row.status).toBe('finished');
  expect(again.row.weights_sha256).toBe(whole.row.weights_sha256);
  expect(again.row.metrics).toEqual(whole.row.metrics);
});

test('an error that the GPU reports fails the run with its message', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, long);
  const device = watchDevice();
  const { row } = await sit(database, run.id, syntheticData(), {
    during: once(evaluated, () => void device()?.createShaderModule({ code: 'this is no shader' })),
  });
  expect(row.status).toBe('failed');
  expect(row.reason).toMatch(/^The GPU reported an error: Error while parsing WGSL/);
});

test('memory that the GPU refuses fails the run, and the reason says what to change', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, long);
  let asked = 0;
  const pop = Reflect.get(GPUDevice.prototype, 'popErrorScope');
  vi.spyOn(GPUDevice.prototype, 'popErrorScope').mockImplementation(function (this: GPUDevice) {
    return ++asked === 30 ? Promise.resolve(new GPUOutOfMemoryError('no room')) : pop.apply(this);
  });
  const { row } = await sit(database, run.id, syntheticData());
  expect(asked).toBeGreaterThanOrEqual(30);
  expect(row.status).toBe('failed');
  expect(row.reason).toMatch(/^The GPU has no .* more \(.*\): .* are in use.* Lower training\.batch_size \(now 32\)/);
});

test('a model that no buffer of this adapter holds is refused before it trains', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, { model: { architecture: 'mlp', hidden: [200, 200] } });
  vi.spyOn(GPUSupportedLimits.prototype, 'maxBufferSize', 'get').mockReturnValue(100_000);
  await expect(sit(database, run.id, syntheticData())).rejects.toThrow(
    /^A buffer of .* \(weights\) is needed, and this adapter allows at most 98 KiB in one\. Lower training/,
  );
});

test('a checkpoint can be asked for while the run goes on', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, { ...long, training: { ...long.training, checkpoints: { every_epochs: 100 } } });
  let asked = 0;
  let newest = -1;
  await sit(database, run.id, syntheticData(), {
    during: once(
      (event) => event.type === 'progress' && (asked = event.step) > 4,
      (trainer) => {
        void trainer.checkpoint().then(async () => {
          newest = (await listCheckpoints(database, run.id))[0].step;
          await trainer.leave('cancel');
        });
      },
    ),
  });
  expect(newest).toBeGreaterThan(4);
  expect(newest).toBeGreaterThanOrEqual(asked);
});

test('checkpoints kept are the best few, the latest and the one before it', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, {
    ...small,
    training: { epochs: 8, batch_size: 32, early_stopping: null, checkpoints: { keep_top_k: 2, every_steps: 2 } },
  });
  const { row } = await sit(database, run.id, syntheticData());
  const kept = await listCheckpoints(database, run.id);
  expect(kept.length).toBeLessThanOrEqual(4);
  expect(kept.map(({ id }) => id)).toContain(row.best_checkpoint);
  expect(kept[0].id).toBe(row.latest_checkpoint);
  const best = Math.min(...kept.flatMap(({ monitor }) => (monitor ? [monitor.value] : [])));
  expect(kept.find(({ id }) => id === row.best_checkpoint)?.monitor).toEqual({ metric: 'val_loss', value: best });
});

test('what keeps a run from starting is thrown', async () => {
  const database = await freshDatabase();
  const start = async (config: object): Promise<unknown> =>
    sit(database, (await storeRun(database, config)).id, syntheticData()).catch((error: unknown) => error);
  const monitor = await start({ training: { checkpoints: { monitor: 'val_speed' } } });
  expect(monitor).toBeInstanceOf(LatheError);
  expect(monitor).toMatchObject({ kind: 'config', where: { key: 'training.checkpoints.monitor' } });
  expect(String(monitor)).toContain('There are val_loss, val_accuracy, val_f1, train_loss');
  expect(await start({ training: { class_weights: { nobody: 2 } } })).toMatchObject({
    where: { key: 'training.class_weights.nobody' },
  });
  expect(await start({ model: { architecture: 'cnn' } })).toMatchObject({ where: { key: 'model.filters.0' } });
});

test('training leaks no tensors', async () => {
  const database = await freshDatabase();
  const counts: number[] = [];
  const run = await storeRun(database, {
    model: { architecture: 'mlp', hidden: [8], dropout: 0.3 },
    training: { epochs: 6, batch_size: 16, gradient_accumulation: 2, l2: 0.01 },
  });
  const data = syntheticData();
  await sit(database, run.id, {
    ...data,
    batch(indices) {
      counts.push(tf.memory().numTensors);
      return data.batch(indices);
    },
  });
  // Two steps may be in flight, each with the outputs of its batches.
  expect(Math.max(...counts.slice(20)) - Math.max(...counts.slice(8, 20))).toBeLessThanOrEqual(0);
});
