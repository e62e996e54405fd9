import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestGroup, committedOf, type GroupTestOptions } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

// On a machine that others use, too.
vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

// At 1 MB/s the state of 1.2 MB takes more than a second.
const slow: GroupTestOptions = { worldSize: 2, length: 60_000, network: { latencyMs: 5, bandwidth: 2e5 }, ms: 100 };

test('a run that ends while a peer joins lets that one go, with a sentence', async () => {
  // Before it is let in, while it fetches the state, and when it has the state.
  for (const moment of [100, 1_000, 6_000]) {
    const net = new TestGroup(slow);
    net.add();
    net.add();
    await until(() => committedOf(net.peers[0]) > 1);
    const late = net.add();
    await pass(moment);
    for (const peer of net.peers.slice(0, 2)) void net.leave(peer);
    await until(() => late.ended !== undefined || late.group.status().peers[0].state === 'member', 15_000);
    if (late.ended === undefined) continue;
    expect(late.ended?.message).toMatch(/The run is over: everyone who trained left/);
    expect(late.trainer.ended).toBe(late.ended?.message);
    expect(late.group.status().phase).toBe('over');
  }
});

test('one that only lost sight of the group waits for it', async () => {
  const net = new TestGroup({ worldSize: 3, network: { latencyMs: 5 } });
  for (let i = 0; i < 3; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) > 5));
  void net.leave(net.peers[1]);
  await pass(1_000);
  net.network.cut([net.peers[2].id], [net.peers[0].id]);
  await pass(15_000);
  expect(net.peers[2].ended).toBeUndefined();
  net.network.heal();
  await until(() => net.peers[2].group.status().peers[0].state === 'member', 20_000);
});
