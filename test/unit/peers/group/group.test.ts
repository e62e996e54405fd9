import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { TestGroup, committedOf, type GroupTestOptions } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

// Virtual hours on a machine that others use, too.
vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

const hashesOf = (net: TestGroup): Set<string | null> =>
  new Set(net.alive.map(({ group }) => group.status().parameters_hash));

async function run(members: number, transactions: number, options: GroupTestOptions = {}): Promise<string | null> {
  const net = new TestGroup({
    worldSize: members,
    last: transactions - 1,
    length: 120,
    network: { latencyMs: 5 },
    ...options,
  });
  for (let i = 0; i < members; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) === transactions), 300_000, 10);
  await pass(20);
  expect(hashesOf(net).size).toBe(1);
  const chronicle = new Chronicle(options.items ?? 8);
  for (const peer of net.peers) chronicle.check(peer);
  expect(chronicle.length).toBe(transactions);
  return net.peers[0].group.status().parameters_hash;
}

describe('the parameters', () => {
  test('are the same for any number of members', async () => {
    const alone = await run(1, 22);
    for (const members of [2, 3, 4, 5]) expect(await run(members, 22)).toBe(alone);
  });

  test('are the same for more members than items, and for odd numbers of items', async () => {
    const alone = await run(1, 6, { items: 3 });
    expect(await run(4, 6, { items: 3 })).toBe(alone);
  });

  test('do not depend on the order in which anything arrives', async () => {
    const alone = await run(1, 12);
    for (const seed of [1, 2, 3]) {
      const network = { latencyMs: 20, jitterMs: 60, loss: 0.05, reorder: 0.5, seed };
      expect(await run(3, 12, { network })).toBe(alone);
    }
  });

  test('make progress over 100 ms with losses', async () => {
    const alone = await run(1, 30);
    expect(await run(4, 30, { network: { latencyMs: 50, jitterMs: 10, loss: 0.01, reorder: 0.1 } })).toBe(alone);
  });
});

describe('the first transaction', () => {
  test('waits for as many members as are asked for', async () => {
    const net = new TestGroup({ worldSize: 3 });
    net.add();
    net.add();
    await until(() => net.peers[0].group.status().reason === 'Waiting for 1 of 3 browsers.', 20_000);
    await pass(1_000);
    expect(net.peers[0].group.status().phase).toBe('waiting');
    expect(net.peers.every(({ trainer }) => trainer.starts === 0)).toBe(true);
    net.add();
    await until(() => net.peers.every((peer) => committedOf(peer) > 3), 5_000);
    expect(net.peers.map(({ trainer }) => trainer.joined)).toEqual([false, true, true]);
    expect(net.peers[0].group.status().phase).toBe('training');
  });

  test('does not wait for ever', async () => {
    const net = new TestGroup({ worldSize: 3, waitMs: 20_000 });
    net.add();
    net.add();
    await pass(25_000);
    for (const { group, trainer } of net.peers) {
      expect(group.status().phase).toBe('over');
      expect(trainer.ended).toMatch(/[12] of 3 browsers did not come in time/);
    }
  });

  test('is not reached by one that finds no group', async () => {
    const net = new TestGroup({ waitMs: 5_000 });
    net.add(false);
    const late = net.add();
    await pass(8_000);
    expect(late.trainer.ended).toMatch(/No group was found/);
  });
});

describe('a late peer', () => {
  test('takes part within 10 s, and has the same parameters', async () => {
    const net = new TestGroup({ worldSize: 2, network: { latencyMs: 5 } });
    net.add();
    net.add();
    await until(() => committedOf(net.peers[0]) > 10);
    const late = net.add();
    await until(() => late.trainer.computed.length > 10, 10_000);
    expect(late.trainer.startedAt).toBeGreaterThan(5);
    const chronicle = new Chronicle(8);
    for (const peer of net.peers) chronicle.check(peer);
  });

  test('takes part where the group computes faster than the network brings it what was computed', async () => {
    const net = new TestGroup({ length: 50_000, items: 1, ms: 2, network: { latencyMs: 5, bandwidth: 4_000_000 } });
    net.add();
    await until(() => committedOf(net.peers[0]) > 10);
    const late = net.add();
    await until(() => late.group.status().phase === 'training', 10_000);
    await until(() => late.trainer.computed.length > 0 || committedOf(late) > late.trainer.startedAt + 3, 10_000);
    expect(hashesOf(net).size).toBe(1);
  });

  test('with another model is told why it cannot join', async () => {
    const net = new TestGroup();
    net.add();
    const other = net.add(false);
    Object.assign(other.trainer, { length: 800 });
    other.trainer.start();
    await pass(2_000);
    expect(other.trainer.ended).toMatch(/another model/);
    expect(net.peers[0].group.status().phase).toBe('training');
  });

  // At 100 KB/s the state of 120 KB takes more than a second.
  const slow: GroupTestOptions = { worldSize: 3, length: 30_000, network: { latencyMs: 5, bandwidth: 1e5 }, ms: 100 };

  test('gets the state from whoever is left, where one dies while it sends', async () => {
    for (const which of [0, 1]) {
      const net = new TestGroup({ ...slow, witness: { claim: () => Promise.resolve(true) } });
      net.add();
      const second = net.add();
      await until(() => second.group.members.length === 2);
      const late = net.add();
      await until(() => late.group.status().phase === 'joining' && late.group.status().epoch > 0);
      await pass(300);
      net.kill(net.peers[which]);
      await until(() => late.group.status().peers[0].state === 'member', 15_000);
    }
  });

  test('that dies while it joins holds nobody up', async () => {
    const net = new TestGroup({ ...slow, worldSize: 1 });
    net.add();
    await until(() => committedOf(net.peers[0]) > 2);
    const late = net.add();
    await until(() => late.group.status().epoch > 0, 30_000);
    await pass(200);
    net.kill(late);
    const before = committedOf(net.peers[0]);
    await until(() => committedOf(net.peers[0]) > before + 2, 10_000);
  });
});

test('a slow member is dealt around, and is dealt to again when it is fast', async () => {
  const net = new TestGroup({ worldSize: 3, network: { latencyMs: 5 } });
  for (let i = 0; i < 3; i++) net.add();
  await until(() => committedOf(net.peers[0]) > 8);
  net.peers[1].trainer.ms = 8_000;
  const before = committedOf(net.peers[0]);
  await until(() => net.peers.every((peer) => committedOf(peer) > before + 20), 15_000);
  expect(net.peers[0].group.members).toHaveLength(3);
  const seen = net.peers[0].group.status().peers.find(({ id }) => id === net.peers[1].id);
  expect(seen?.late).toBeGreaterThan(0);
  net.peers[1].trainer.ms = 10;
  await pass(12_000);
  const computed = net.peers[1].trainer.computed.length;
  await pass(4_000);
  expect(net.peers[1].trainer.computed.length).toBeGreaterThan(computed + 10);
  const chronicle = new Chronicle(8);
  for (const peer of net.peers) chronicle.check(peer);
});

test('a trainer that comes back goes on with the group, which never stopped', async () => {
  const net = new TestGroup({ worldSize: 2, network: { latencyMs: 5 } });
  net.add();
  net.add();
  await until(() => committedOf(net.peers[0]) > 5);
  net.restartTrainer(net.peers[1], 3_000);
  const before = committedOf(net.peers[0]);
  await pass(2_900);
  expect(committedOf(net.peers[0])).toBeGreaterThan(before + 10);
  await until(() => net.peers[1].trainer.computed.length > 10, 5_000);
  expect(net.peers[1].trainer.joined).toBe(true);
});

test('any member can ask for the end: all stop after the same transaction', async () => {
  const net = new TestGroup({ worldSize: 3, network: { latencyMs: 5 } });
  for (let i = 0; i < 3; i++) net.add();
  await until(() => committedOf(net.peers[0]) > 5);
  net.peers[2].group.receive({ type: 'stop' });
  await pass(1_000);
  const stops = net.peers.map(({ trainer }) =>
    trainer.committed.filter(({ committed }) => committed.stop).map(({ seq }) => seq),
  );
  expect(stops[0]).toHaveLength(1);
  expect(stops[1]).toEqual(stops[0]);
  expect(stops[2]).toEqual(stops[0]);
});

test('who leaves is let go at once: a coordinator of two, too', async () => {
  const net = new TestGroup({ worldSize: 2, network: { latencyMs: 5 } });
  net.add();
  const other = net.add();
  await until(() => committedOf(other) > 5);
  let left = false;
  void net.leave(net.peers[0]).then(() => (left = true));
  const before = committedOf(other);
  expect(await until(() => left, 5_000)).toBeLessThan(1_000);
  await until(() => committedOf(other) > before + 5, 2_000);
  const status = other.group.status();
  expect(status.peers.map(({ state }) => state)).toEqual(['member', 'left']);
  expect(net.peers[0].ended).toBeNull();
});

test('the status tells who computes what, and what a step is spent on', async () => {
  const net = new TestGroup({ worldSize: 2, network: { latencyMs: 20 } });
  net.add();
  net.add();
  await until(() => committedOf(net.peers[0]) > 40);
  const status = net.peers[0].group.status();
  expect(status.committed).toBe(committedOf(net.peers[0]));
  expect(status.peers.map(({ items }) => items)).toEqual(expect.arrayContaining([expect.any(Number)]));
  expect(status.peers[1].round_trip_ms).toBeCloseTo(40, -1);
  expect(status.peers[1].samples_per_second).toBeCloseTo(800, -1);
  expect(status.peers[1].sent).toBeGreaterThan(1_000);
  const { parts } = status;
  expect(parts?.compute).toBeGreaterThan(30);
  expect(parts?.communicate).toBeGreaterThan(15);
  expect(status.communicating).toBeGreaterThan(0.1);
  expect(status.with_one_more_ms).toBeGreaterThan(0);
  expect(status.dropped).toEqual({});
});

test('frames and messages that are none are counted, and change nothing', async () => {
  const net = new TestGroup({ worldSize: 2, last: 19 });
  net.add();
  const other = net.add();
  await until(() => committedOf(other) > 5);
  const [link, stray] = net.network.connect(other.id, 'ffffffffffffffff');
  other.group.addLink('ffffffffffffffff', { name: 'stranger', adapter: null }, link);
  stray.send(new TextEncoder().encode('{"type":"vote","epoch":1e9}'));
  stray.send(new Uint8Array([0xff, 0xfe]));
  stray.send(new TextEncoder().encode('{"type":"vote","epoch":1,"at":{"seq":9,"hash":"x"}}'));
  void stray.sendFrame(new Uint8Array(100));
  void stray.sendFrame(new Uint8Array(10));
  await until(() => net.peers.every((peer) => committedOf(peer) === 20));
  expect(other.group.status().dropped).toMatchObject({ malformed: 4, stranger: 1 });
  expect(hashesOf(net).size).toBe(1);
});
