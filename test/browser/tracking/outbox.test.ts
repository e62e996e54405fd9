import { expect, it, vi } from 'vitest';
import { beginDelivery } from '../../../src/store/deliveries';
import { MetricWriter } from '../../../src/store/metrics';
import { putRun, updateRun } from '../../../src/store/runs';
import { Outbox } from '../../../src/tracking/outbox/outbox';
import { runRow } from '../../helpers/run-row';
import { freshDatabase } from '../../helpers/stored-run';
import { MemoryServer, memoryTracker } from '../../helpers/tracking/memory-tracker';

it('takes its time over a run that trains, and none over an end', async () => {
  const database = await freshDatabase();
  const server = new MemoryServer();
  const tracker = memoryTracker(server);
  const outbox = new Outbox(
    {
      database,
      trackerOf: (kind) => (kind === tracker.kind ? tracker : undefined),
      exportBundle: async () => new Blob(['bundle']),
      author: () => null,
    },
    { delivery: () => undefined, stop: () => undefined },
  );
  void outbox.run();
  await putRun(database, runRow('r'));
  await beginDelivery(database, { kind: 'memory', options: {} }, { noun: 'run', id: 'r' });
  const writer = new MetricWriter(database, 'r');
  const points = () => server.run('r').points.get('loss')?.length ?? 0;
  let step = 0;
  const more = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) writer.append('loss', ++step, 1 / step);
    await writer.flush();
    await outbox.wake({ noun: 'run', id: 'r' });
  };

  await more();
  // The newest step may not be whole.
  await vi.waitFor(() => expect(points()).toBe(9));
  for (let i = 0; i < 8; i++) {
    await more();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  // All of this is over in less than one rest; a machine that halts in between may have had one.
  expect(server.run('r').batches.length).toBeLessThanOrEqual(2);

  await updateRun(database, 'r', { status: 'finished' });
  await outbox.wake({ noun: 'run', id: 'r' });
  await vi.waitFor(() => expect(points()).toBe(90), { timeout: 3_000 });
  expect(server.run('r').batches.length).toBeLessThanOrEqual(3);
});
