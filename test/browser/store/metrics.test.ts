import { expect, it } from 'vitest';
import { deleteMetrics, MetricWriter, readMetrics } from '../../../src/store/metrics';
import { METRIC_CHUNK } from '../../../src/store/schema';
import { freshDatabase } from './helpers';

it('gives back every point in order, over several chunks and flushes', async () => {
  const database = await freshDatabase();
  const writer = new MetricWriter(database, 'r');
  const n = 2 * METRIC_CHUNK + 7;
  for (let step = 1; step <= n; step++) {
    writer.append('train_loss', step, 1 / step, 1000 + step);
    if (step % 1000 === 0) await writer.flush();
  }
  writer.append('val_loss', n, 0.5);
  await writer.flush();
  const series = await readMetrics(database, 'r');
  expect(series.map(({ metric }) => metric)).toEqual(['train_loss', 'val_loss']);
  expect(series[0].steps).toEqual(Float64Array.from({ length: n }, (_, i) => i + 1));
  expect(series[0].values[n - 1]).toBe(1 / n);
  expect(series[0].times[0]).toBe(1001);
  expect(await database.count('metrics')).toBe(4);
});

it('keeps runs and metrics with similar names apart', async () => {
  const database = await freshDatabase();
  for (const run of ['a', 'ab', 'b']) {
    const writer = new MetricWriter(database, run);
    writer.append('loss', 1, run.length);
    writer.append('loss_2', 1, 9);
    await writer.flush();
  }
  expect((await readMetrics(database, 'a', ['loss'])).map(({ values }) => [...values])).toEqual([[1]]);
  await deleteMetrics(database, 'a');
  expect(await readMetrics(database, 'a')).toEqual([]);
  expect(await readMetrics(database, 'ab')).toHaveLength(2);
});

it.each([0, 1, METRIC_CHUNK - 1, METRIC_CHUNK, METRIC_CHUNK + 1, 2 * METRIC_CHUNK])(
  'drops what came after step %i and continues behind it',
  async (step) => {
    const database = await freshDatabase();
    const before = new MetricWriter(database, 'r');
    for (let at = 1; at <= 2 * METRIC_CHUNK + 3; at++) before.append('loss', at, at);
    await before.flush();

    const after = new MetricWriter(database, 'r');
    await after.truncateAfter(step);
    after.append('loss', step + 1, -1);
    await after.flush();
    const [series] = await readMetrics(database, 'r');
    expect(series.steps).toEqual(Float64Array.from({ length: step + 1 }, (_, i) => i + 1));
    expect(series.values[step]).toBe(-1);
    expect(series.values.subarray(0, step).every((value, i) => value === i + 1)).toBe(true);
  },
);

it('loses no point when a write fails: the next flush brings it', async () => {
  const database = await freshDatabase();
  const transaction = database.transaction.bind(database);
  let full = true;
  const flaky = new Proxy(database, {
    get(target, key) {
      if (key === 'transaction' && full) {
        return () => {
          throw new DOMException('full', 'QuotaExceededError');
        };
      }
      const value: unknown = key === 'transaction' ? transaction : Reflect.get(target, key, target);
      return value;
    },
  });
  const failing = new MetricWriter(flaky, 'r');
  failing.append('loss', 1, 0.5);
  await expect(failing.flush()).rejects.toMatchObject({ kind: 'storage' });
  full = false;
  await failing.flush();
  expect((await readMetrics(database, 'r'))[0].values).toEqual(Float64Array.of(0.5));
});
