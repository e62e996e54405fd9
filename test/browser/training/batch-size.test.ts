import { afterEach, expect, test, vi } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import type { PreparedData } from '../../../src/data/contract';
import { readLog } from '../../../src/store/logs';
import type { Database } from '../../../src/store/database';
import { freshDatabase, sit, storeRun, syntheticData, type Sitting } from './fixture';

afterEach(() => {
  vi.restoreAllMocks();
});

const data = syntheticData({ examples: 700, shape: [8, 8, 3], classes: 2 });
const cnn = { architecture: 'cnn', filters: [16, 16] };
const mlp = { architecture: 'mlp', hidden: [8] };
const settings = (training: object, model: object = mlp): object => ({
  model,
  training: { epochs: 1, batch_size: 'auto', ...training },
});

/** Lets the adapter allow buffers of so many bytes, four fifths of which are taken in all. */
const allow = (bytes: number): void => {
  vi.spyOn(GPUSupportedLimits.prototype, 'maxBufferSize', 'get').mockReturnValue(bytes);
};

async function trained(database: Database, training: object, model?: object): Promise<Sitting & { notice: string }> {
  const run = await storeRun(database, settings(training, model));
  const sitting = await sit(database, run.id, data);
  const notice = (await readLog(database, run.id)).find(({ message }) => message.includes('batch_size is auto'));
  return { ...sitting, notice: notice?.message ?? '' };
}

test('all that the training split gives is taken where it fits', async () => {
  const { row, notice } = await trained(await freshDatabase(), {});
  expect(row.status).toBe('finished');
  expect(row.batch_size).toBe(256);
  expect(notice).toMatch(
    /^training\.batch_size is auto: 256 examples a step, the largest power of two in the training/,
  );
  // 489 examples: one step of 256, one of 233.
  expect(row.step).toBe(2);
});

test('what is found keeps a smaller limit, and twice as many would not', async () => {
  allow(24 * 2 ** 20);
  const database = await freshDatabase();
  const { row, notice, events } = await trained(database, { gradient_accumulation: 2 }, cnn);
  expect(row.status).toBe('finished');
  expect(row.batch_size).toBeGreaterThan(1);
  expect(row.batch_size).toBeLessThan(256);
  const [, need, twice, most] = /about ([\d.]+) MiB; twice as many would need ([\d.]+) MiB, and ([\d.]+) MiB may/
    .exec(notice)!
    .map(Number);
  expect(most).toBe(19);
  expect(twice).toBeGreaterThan(most);
  // The estimate is of all that the run holds in the end.
  const held = Math.max(...events.flatMap((event) => (event.type === 'progress' ? [event.gpu_bytes ?? 0] : [])));
  expect(held / 2 ** 20).toBeLessThan(1.1 * need);
  expect(held / 2 ** 20).toBeGreaterThan(0.5 * need);
});

test('a device that has not the room gets fewer', async () => {
  const ask = Reflect.get(GPUDevice.prototype, 'popErrorScope');
  let probes = 0;
  const create = vi.spyOn(GPUDevice.prototype, 'createBuffer');
  vi.spyOn(GPUDevice.prototype, 'popErrorScope').mockImplementation(function (this: GPUDevice) {
    const asked = create.mock.lastCall?.[0];
    // Buffers of the pools are labelled by what they are for; what is only asked for is not.
    if (asked?.label === undefined && probes++ < 2) return Promise.resolve(new GPUOutOfMemoryError('no room'));
    return ask.apply(this);
  });
  const { row } = await trained(await freshDatabase(), {});
  expect(row.batch_size).toBe(64);
});

test('a run that goes on keeps what was found, whatever the device has by then', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, settings({ epochs: 2 }));
  let calls = 0;
  const failing: PreparedData = {
    ...data,
    batch(indices) {
      if (calls++ === 5) throw new LatheError('internal', 'cut off');
      return data.batch(indices);
    },
  };
  const first = await sit(database, run.id, failing);
  expect(first.row.status).toBe('failed');
  expect(first.row.batch_size).toBe(256);
  allow(24 * 2 ** 20);
  const again = await sit(database, run.id, data);
  expect(again.row.status).toBe('finished');
  expect(again.row.batch_size).toBe(256);
  expect(again.row.step).toBe(4);
});

test('elsewhere than on WebGPU it is the usual number', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, { ...settings({ max_steps: 1 }), model: { architecture: 'linear' } });
  const { row } = await sit(database, run.id, data, { backends: ['cpu'] });
  expect(row.batch_size).toBe(64);
  expect((await readLog(database, run.id)).map(({ message }) => message).join()).toContain('only WebGPU tells');
});
