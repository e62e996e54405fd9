import { expect, onTestFinished, test } from 'vitest';
import { EventHub } from '../../../src/app/events';
import { PageMeter } from '../../../src/app/page-meter';
import type { GroupStatus, PeerStatus } from '../../../src/peers/status';

const peer = (id: string, sent: number, received: number): PeerStatus => ({
  id,
  member: 0,
  self: id === 'self',
  name: id,
  adapter: null,
  state: 'member',
  samples_per_second: null,
  items: 0,
  round_trip_ms: null,
  sent,
  received,
  late: 0,
});

const group = (peers: PeerStatus[]): GroupStatus => ({
  phase: 'training',
  reason: null,
  world_size: 2,
  epoch: 0,
  committed: 0,
  peers,
  compression: 'float32',
  parts: null,
  communicating: null,
  with_one_more_ms: null,
  dropped: {},
  parameters_hash: null,
});

test('adds up what goes to and from the others of a run’s group, those who left included', () => {
  const hub = new EventHub();
  const meter = new PageMeter(hub, 'mine');
  onTestFinished(() => meter.stop());
  expect(meter.look().traffic).toBeNull();
  hub.emitHere({
    type: 'group',
    run_id: 'mine',
    status: group([peer('self', 9, 9), peer('a', 10, 1), peer('b', 5, 2)]),
  });
  hub.emitHere({ type: 'group', run_id: 'other', status: group([peer('c', 1000, 1000)]) });
  hub.emitHere({ type: 'group', run_id: 'mine', status: group([peer('self', 9, 9), peer('a', 20, 4)]) });
  expect(meter.look().traffic).toEqual({ sent: 25, received: 6 });
});

test('tells the memory of the page’s own thread where it is not isolated', () => {
  const meter = new PageMeter(new EventHub(), 'mine');
  onTestFinished(() => meter.stop());
  const { memory } = meter.look();
  if (crossOriginIsolated) return;
  expect(memory?.whole).toBe(false);
  expect(memory?.bytes).toBeGreaterThan(0);
});
