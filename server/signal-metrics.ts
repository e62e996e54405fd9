/** How much a signalling server has to do, as metrics. */
import type { MetricFamily } from '../src/base/exposition';
import type { SignalServer } from './signal';

/** Gauges whose names begin with `lathe_server_`. */
export function signalMetrics({ load }: SignalServer): MetricFamily[] {
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name: `lathe_server_${name}`,
    help,
    type: 'gauge',
    samples: [{ labels: {}, value }],
  });
  return [
    gauge('rooms', 'Rooms in which peers meet, empty ones that are kept included.', load.rooms),
    gauge('connections', 'Pages that are connected to the signalling server.', load.connections),
  ];
}
