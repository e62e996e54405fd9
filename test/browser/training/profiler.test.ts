import { expect, test } from 'vitest';
import { readLog } from '../../../src/store/logs';
import { getProfile } from '../../../src/store/profiles';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

const profiling = { enabled: true, first_step: 5, steps: 3 };

/** A step of two batches, with dropout, clipping and a moving average: all that a recorded step may do. */
const training = { epochs: 2, batch_size: 12, gradient_accumulation: 2, ema: 0.9 };
const model = { architecture: 'mlp', hidden: [16, 8], dropout: 0.2 };

test('a profiled run has the bits of one that is not, and a report of every kernel', async () => {
  const database = await freshDatabase();
  const data = syntheticData({ examples: 200 });
  const plain = await storeRun(database, { model, training });
  const profiled = await storeRun(database, { model, training, profiling });
  const { row: expected } = await sit(database, plain.id, data);
  const { row, events } = await sit(database, profiled.id, data);
  expect(row.status).toBe('finished');
  expect(row.weights_sha256).toBe(expected.weights_sha256);
  expect(row.metrics).toEqual(expected.metrics);
  expect(await getProfile(database, plain.id)).toBeNull();
  expect(eventsOf(events, 'profiled')).toMatchObject([{ step: 7 }]);

  const stored = await getProfile(database, profiled.id);
  const report = stored!.report;
  // The sixth step ends the epoch with a short batch: it is no step like the others.
  expect(report).toMatchObject({ version: 1, method: 'timestamps', first_step: 5, steps: 2 });
  expect(report.step.device_ms).toBeGreaterThan(0);
  expect(report.step.wall_ms).toBeGreaterThan(0);
  expect(Object.values(report.shares).reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
  expect(report.sentence).toContain('is the bottleneck');
  expect((await readLog(database, profiled.id)).some(({ message }) => message.includes(report.sentence))).toBe(true);

  expect(report.layers.map(({ layer }) => layer).sort()).toEqual(
    expect.arrayContaining(['dense_1', 'dense_2', 'loss', 'output', 'update']),
  );
  const dense = report.layers.find(({ layer }) => layer === 'dense_2');
  expect(dense?.backward_ms).toBeGreaterThan(0);
  // Both batches of a step count.
  expect(report.operations.find(({ layer }) => layer === 'loss')?.calls).toBe(2);
  expect(report.operations.reduce((sum, { calls }) => sum + calls, 0)).toBe(report.step.dispatches);
  expect(report.timeline).toHaveLength(report.step.dispatches);
  expect(report.kernels.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);

  const trace = JSON.parse(await stored!.trace.text()) as { traceEvents: { ph: string; cat?: string; dur?: number }[] };
  const complete = trace.traceEvents.filter(({ ph }) => ph === 'X');
  expect(complete.filter(({ cat }) => cat !== 'trainer')).toHaveLength(2 * report.step.dispatches);
  expect(complete.every(({ dur }) => dur !== undefined && dur >= 0)).toBe(true);
});

test('the dispatches of a block that is recomputed belong to its layer', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, {
    model: { architecture: 'convnext', depths: [1], widths: [4] },
    training: { epochs: 1, batch_size: 4, max_steps: 4, activation_checkpointing: true },
    profiling: { enabled: true, steps: 1 },
  });
  await sit(database, run.id, syntheticData({ examples: 24, shape: [8, 8, 1] }));
  const { report } = (await getProfile(database, run.id))!;
  // As far down as the run's length allows.
  expect(report).toMatchObject({ first_step: 4, steps: 1 });
  const names = report.layers.map(({ layer }) => layer);
  expect(names.filter((name) => name.includes(' '))).toEqual(
    names.includes('between layers') ? ['between layers'] : [],
  );
  const blocks = report.layers.filter(({ layer }) => layer.includes('block'));
  expect(blocks.length).toBe(1);
  expect(blocks.every(({ forward_ms, backward_ms }) => backward_ms > forward_ms)).toBe(true);
});
