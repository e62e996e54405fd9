/** The monitor of a run as its trainer has it: what this thread, this browser and the store can tell. */
import type { Backend } from '../../engine/backend';
import type { Database } from '../../store/database';
import { deliveriesOf } from '../../store/deliveries';
import type { RunRow } from '../../store/schema';
import type { Reporter } from '../reporter';
import { CpuPressure } from './pressure';
import { ResourceMonitor } from './resource-monitor';
import type { WorkClock } from './work-clock';

/** Begins to watch a run; null where its config asks for no looks. */
export function startMonitor(
  { id, config, latest }: RunRow,
  parts: { database: Database; backend: Backend; reporter: Reporter; work: WorkClock | null },
): { monitor: ResourceMonitor; stop: () => void } | null {
  const { every_seconds: seconds, ceilings } = config.logging.system;
  if (seconds === null) return null;
  const { database, backend, reporter, work } = parts;
  const pressure = new CpuPressure(seconds * 1000);
  const monitor = new ResourceMonitor(
    {
      memory: () => backend.memory(),
      work,
      pressure: () => pressure.state,
      storage,
      deliveries: async () => {
        const rows = await deliveriesOf(database, { noun: 'run', id });
        if (rows.length === 0) return null;
        const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + of(row), 0);
        return { pending: sum((row) => row.pending), sent: sum((row) => row.sent.bytes) };
      },
    },
    ceilings,
    latest,
    ({ metric, value, ceiling, message }) => {
      reporter.log('warning', message);
      reporter.send({ type: 'ceiling', metric, value, ceiling, message });
    },
  );
  monitor.start(seconds);
  return {
    monitor,
    stop: () => {
      monitor.stop();
      pressure.stop();
    },
  };
}

/** Null: pages that came over plain http from elsewhere are told nothing of their storage. */
async function storage(): Promise<{ used: number; quota: number } | null> {
  if (!('storage' in navigator)) return null;
  const { usage, quota } = await navigator.storage.estimate();
  return usage === undefined || quota === undefined ? null : { used: usage, quota };
}
