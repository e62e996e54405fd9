import { expect, test } from 'vitest';
import { readLog } from '../../../src/store/logs';
import { readMetrics } from '../../../src/store/metrics';
import type { Database } from '../../../src/store/database';
import { shareDevice } from '../share-device';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

shareDevice();

const config = (system: object): object => ({
  model: { architecture: 'mlp', hidden: [9], dropout: 0.2 },
  training: { epochs: 3, batch_size: 16 },
  logging: { system },
});

const systemCurves = async (database: Database, run: string): Promise<Record<string, number[]>> => {
  const series = await readMetrics(database, run);
  return Object.fromEntries(
    series.filter(({ metric }) => metric.startsWith('system/')).map(({ metric, steps }) => [metric, [...steps]]),
  );
};

test('a run has the metrics of the machine, at steps that do not fall, and their peaks in its row', async () => {
  const database = await freshDatabase();
  const { id } = await storeRun(database, config({ every_seconds: 0.02 }));
  const { row } = await sit(database, id, syntheticData(), {
    during: (event, trainer) => {
      if (event.type !== 'started') return;
      void trainer.hearPage({ memory: { bytes: 123, whole: false }, traffic: { sent: 7, received: 8 } });
    },
  });
  expect(row.status).toBe('finished');
  const curves = await systemCurves(database, id);
  expect(Object.keys(curves)).toEqual(
    expect.arrayContaining([
      'system/cpu_percent',
      'system/network_received_bytes',
      'system/network_sent_bytes',
      'system/page_memory_bytes',
      'system/storage_percent',
      'system/storage_used_bytes',
    ]),
  );
  for (const steps of Object.values(curves)) {
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBe(row.step);
  }
  for (const values of [row.latest, row.best]) {
    expect(values).toMatchObject({ 'system/page_memory_bytes_peak': 123 });
    expect(values['system/cpu_percent_peak']).toBeGreaterThan(0);
    expect(values['system/storage_used_bytes_peak']).toBeGreaterThan(0);
    expect(values.gpu_bytes_peak).toBeGreaterThan(0);
  }
  const [cpu] = await readMetrics(database, id, ['system/cpu_percent']);
  expect([...cpu.values].every((value) => value >= 0 && value <= 100)).toBe(true);
});

test('a ceiling that is passed is one warning in the log, and one event', async () => {
  const database = await freshDatabase();
  const { id } = await storeRun(database, config({ every_seconds: 0.02, ceilings: { gpu_memory_mb: 0.001 } }));
  const { events } = await sit(database, id, syntheticData());
  const warnings = (await readLog(database, id)).filter(({ message }) => message.includes('gpu_memory_mb'));
  expect(warnings).toMatchObject([{ level: 'warning' }]);
  expect(eventsOf(events, 'ceiling')).toMatchObject([
    { metric: 'gpu_bytes', ceiling: 1000, message: warnings[0].message },
  ]);
});

test('the weights are the same bits with and without, and without there is nothing of it', async () => {
  const database = await freshDatabase();
  const [watched, plain] = [
    await storeRun(database, config({ every_seconds: 0.01 })),
    await storeRun(database, config({ every_seconds: null })),
  ];
  const first = await sit(database, watched.id, syntheticData());
  const second = await sit(database, plain.id, syntheticData());
  expect(second.row.weights_sha256).toBe(first.row.weights_sha256);
  expect(await systemCurves(database, plain.id)).toEqual({});
  expect(Object.keys(second.row.latest).filter((metric) => metric.includes('peak'))).toEqual([]);
  expect(Object.keys(await systemCurves(database, watched.id)).length).toBeGreaterThan(0);
});

test('peaks of an earlier sitting stay', async () => {
  const database = await freshDatabase();
  const { id } = await storeRun(database, config({ every_seconds: 0.02 }));
  const hear = (bytes: number): Parameters<typeof sit>[3] => ({
    during: (event, trainer) => {
      if (event.type === 'started') void trainer.hearPage({ memory: { bytes, whole: true }, traffic: null });
      else if (event.type === 'checkpoint' && event.checkpoint.epoch === 1) void trainer.leave('pause');
    },
  });
  const paused = await sit(database, id, syntheticData(), hear(500));
  expect(paused.row.status).toBe('paused');
  const { row } = await sit(database, id, syntheticData(), hear(100));
  expect(row.status).toBe('finished');
  expect(row.latest['system/js_memory_bytes_peak']).toBe(500);
});
