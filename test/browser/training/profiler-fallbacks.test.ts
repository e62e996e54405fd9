import { afterEach, expect, test, vi } from 'vitest';
import { getProfile } from '../../../src/store/profiles';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

/** Profiles where something is missing: timestamps, WebGPU, steps. */

afterEach(() => void vi.restoreAllMocks());

const profiling = { enabled: true, first_step: 5, steps: 3 };
const model = { architecture: 'linear' };

test.each(['has no timestamps', 'gives timestamps of zero'])(
  'on a device that %s kernels are awaited one by one, to the same bits',
  async (device) => {
    if (device === 'has no timestamps') vi.spyOn(GPUSupportedFeatures.prototype, 'has').mockReturnValue(false);
    // Nothing is resolved: what is read back is what the buffer was made with.
    else vi.spyOn(GPUCommandEncoder.prototype, 'resolveQuerySet').mockReturnValue(undefined);
    const database = await freshDatabase();
    const settings = { model, training: { batch_size: 12, max_steps: 6 } };
    const plain = await storeRun(database, settings);
    const profiled = await storeRun(database, { ...settings, profiling });
    const data = syntheticData();
    const { row: expected } = await sit(database, plain.id, data);
    const { row } = await sit(database, profiled.id, data);
    expect(row.status).toBe('finished');
    expect(row.weights_sha256).toBe(expected.weights_sha256);
    const { report } = (await getProfile(database, profiled.id))!;
    expect(report).toMatchObject({ method: 'wall', first_step: 4, steps: 3 });
    expect(report.step.device_ms).toBeGreaterThan(0);
    expect(report.method_note).toContain('submitted by itself and awaited');
  },
);

test('a run that is cut off before its profile is made gets one when it goes on', async () => {
  const database = await freshDatabase();
  const data = syntheticData({ examples: 200 });
  const run = await storeRun(database, {
    model,
    training: { epochs: 2, batch_size: 12, gradient_accumulation: 2 },
    profiling: { ...profiling, first_step: 8 },
  });
  const first = await sit(database, run.id, data, {
    during: (event, trainer) => {
      if (event.type === 'evaluated' && event.step === 6) void trainer.leave('pause');
    },
  });
  expect(first.row.status).toBe('paused');
  expect(await getProfile(database, run.id)).toBeNull();
  await sit(database, run.id, data);
  // The first step of the second sitting records and the one behind it is compared with.
  expect((await getProfile(database, run.id))!.report.first_step).toBe(9);
});

test('without WebGPU the step as a whole is measured, and the report says why no more', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, { model, training: { epochs: 3 }, profiling });
  const { row } = await sit(database, run.id, syntheticData({ examples: 400 }), { backends: ['cpu'] });
  expect(row.status).toBe('finished');
  const { report } = (await getProfile(database, run.id))!;
  expect(report).toMatchObject({ method: 'none', steps: 0, ceilings: null, operations: [] });
  expect(report.step.device_ms).toBeNull();
  expect(report.method_note).toContain('Kernels cannot be timed here');
});

test('a run too short for a profile trains on, and says so', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, { model, training: { max_steps: 2 }, profiling });
  const { row, events } = await sit(database, run.id, syntheticData());
  expect(row.status).toBe('finished');
  expect(await getProfile(database, run.id)).toBeNull();
  expect(eventsOf(events, 'log').some(({ message }) => message.includes('not profiled'))).toBe(true);
});
