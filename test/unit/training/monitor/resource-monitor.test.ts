import { expect, it } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import type { Metrics } from '../../../../src/store/schema';
import type { Crossing } from '../../../../src/training/monitor/ceilings';
import { ResourceMonitor, type MonitorSources } from '../../../../src/training/monitor/resource-monitor';

interface Machine {
  storage: { used: number; quota: number } | null;
  deliveries: { pending: number; sent: number } | null;
  memory: { bytes: number; peak: number };
}

function setUp(
  machine: Machine,
  options: { ceilings?: object; latest?: Metrics; sources?: Partial<MonitorSources> } = {},
): { monitor: ResourceMonitor; crossings: Crossing[] } {
  const { ceilings = {}, latest = {}, sources } = options;
  const crossings: Crossing[] = [];
  const { system } = parseConfig({ logging: { system: { ceilings } } }).logging;
  const monitor = new ResourceMonitor(
    {
      memory: () => machine.memory,
      work: null,
      pressure: () => null,
      storage: async () => machine.storage,
      deliveries: async () => machine.deliveries,
      ...sources,
    },
    system.ceilings,
    latest,
    (crossing) => crossings.push(crossing),
  );
  return { monitor, crossings };
}

const idle = (): Machine => ({ storage: null, deliveries: null, memory: { bytes: 10, peak: 20 } });

it('gives each look once, and only what is known', async () => {
  const machine = { ...idle(), storage: { used: 30, quota: 120 } };
  const { monitor } = setUp(machine);
  await monitor.look();
  expect(monitor.take()).toEqual({ 'system/storage_used_bytes': 30, 'system/storage_percent': 25 });
  expect(monitor.take()).toEqual({});
  machine.storage = { used: 60, quota: 120 };
  await monitor.look();
  expect(monitor.take()).toMatchObject({ 'system/storage_percent': 50 });
});

it('keeps the highest values, those of earlier sittings too', async () => {
  const machine = { ...idle(), deliveries: { pending: 7, sent: 100 } };
  const latest = { val_loss: 0.1, 'system/queue_length_peak': 12, gpu_bytes_peak: 5 };
  const { monitor } = setUp(machine, { latest });
  await monitor.look();
  expect(monitor.peaks).toEqual({ 'system/queue_length_peak': 12, gpu_bytes_peak: 20 });
  machine.deliveries.pending = 40;
  await monitor.look();
  machine.deliveries.pending = 3;
  await monitor.look();
  expect(monitor.peaks['system/queue_length_peak']).toBe(40);
});

it('takes what the page has measured, under the name of what that is', async () => {
  const { monitor } = setUp({ ...idle(), deliveries: { pending: 0, sent: 100 } });
  monitor.hear({ memory: { bytes: 5, whole: false }, traffic: { sent: 11, received: 13 } });
  await monitor.look();
  expect(monitor.take()).toEqual({
    'system/page_memory_bytes': 5,
    'system/network_sent_bytes': 111,
    'system/network_received_bytes': 13,
    'system/queue_length': 0,
  });
  monitor.hear({ memory: { bytes: 9, whole: true }, traffic: null });
  await monitor.look();
  expect(monitor.take()).toEqual({
    'system/js_memory_bytes': 9,
    'system/network_sent_bytes': 100,
    'system/queue_length': 0,
  });
});

it('leaves out what cannot be asked for now', async () => {
  const { monitor } = setUp(idle(), {
    sources: {
      storage: async () => Promise.reject(new Error('not now')),
      deliveries: async () => ({ pending: 2, sent: 0 }),
    },
  });
  await monitor.look();
  expect(monitor.take()).toEqual({ 'system/network_sent_bytes': 0, 'system/queue_length': 2 });
});

it('warns of device memory as it is, not of its peak', async () => {
  const machine = { ...idle(), memory: { bytes: 1e6, peak: 9e6 } };
  const { monitor, crossings } = setUp(machine, { ceilings: { gpu_memory_mb: 5 } });
  await monitor.look();
  expect(crossings).toEqual([]);
  machine.memory = { bytes: 6e6, peak: 9e6 };
  await monitor.look();
  await monitor.look();
  expect(crossings).toMatchObject([{ metric: 'gpu_bytes', value: 6e6 }]);
});
