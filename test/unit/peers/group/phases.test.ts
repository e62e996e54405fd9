import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { TestGroup, committedOf, type GroupTestOptions } from '../../../helpers/peers/test-group';
import { Tripwire, type Phase } from '../../../helpers/peers/tripwire';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

const ITEMS = 4;
const TRANSACTIONS = 20;

/** The transaction in the middle of which a peer dies. */
const FATAL = 6;

/** Numbers of a model whose state needs two frames. */
const LARGE = 30_000;

/** A group in which the peer with this index dies where the wire is told to. */
function groupWith(victim: number, options: GroupTestOptions): { net: TestGroup; wire: Tripwire; dead: () => boolean } {
  let dead = false;
  const net = new TestGroup({
    items: ITEMS,
    last: TRANSACTIONS - 1,
    network: { latencyMs: 5, bandwidth: 20e6 },
    tap: (link, at) => (parseInt(at.id, 16) - 1 === victim ? wire.around(link) : link),
    ...options,
  });
  const wire = new Tripwire(() => {
    // What it had sent arrives.
    setTimeout(() => {
      dead = true;
      net.kill(net.peers[victim]);
    }, 50);
  });
  return { net, wire, dead: () => dead };
}

/** Those who are left come to the end; what everybody committed is what a group of one commits. */
async function expectEnd(net: TestGroup, options: GroupTestOptions = {}): Promise<void> {
  await until(() => net.alive.every((peer) => committedOf(peer) === TRANSACTIONS));
  await pass(20);
  const chronicle = new Chronicle(ITEMS);
  for (const peer of net.peers) chronicle.check(peer);
  expect(chronicle.length).toBe(TRANSACTIONS);
  const hashes = net.alive.map((peer) => peer.group.status().parameters_hash);
  const one = new TestGroup({ items: ITEMS, last: TRANSACTIONS - 1, ...options });
  const alone = one.add();
  await until(() => committedOf(alone) === TRANSACTIONS);
  await pass(20);
  const expected = new Chronicle(ITEMS);
  expected.check(alone);
  chronicle.expectSame(expected);
  for (const hash of hashes) expect(hash).toBe(alone.group.status().parameters_hash);
}

/** Phases of a transaction, and how many of the two others have committed it when the peer is dead. */
const PHASES: [Phase, number][] = [
  ['before reduce', 0],
  ['mid-reduce', 0],
  ['mid-gather', 0],
  ['after vote', 2],
  ['mid-commit', 1],
];

test.each(['the coordinator', 'another member'].flatMap((role) => PHASES.map((phase) => [role, ...phase] as const)))(
  '%s dies %s: the others go on within 5 s',
  async (role, phase, committed) => {
    const victim = role === 'the coordinator' ? 0 : 2;
    const { net, wire, dead } = groupWith(victim, { worldSize: 3 });
    for (let i = 0; i < 3; i++) net.add();
    wire.stop = { phase, seq: FATAL };
    await until(dead);
    expect(net.alive.filter((peer) => committedOf(peer) === FATAL + 1)).toHaveLength(committed);
    const took = await until(() => net.alive.every((peer) => committedOf(peer) > FATAL + 2));
    expect(took).toBeLessThan(5_000);
    await expectEnd(net);
  },
);

test('the coordinator dies while it sends the state: it comes from others', async () => {
  const options = { length: LARGE };
  const { net, wire, dead } = groupWith(0, { ...options, worldSize: 3 });
  for (let i = 0; i < 3; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) >= 2));
  wire.stop = { phase: 'sending state', seq: 0 };
  net.add();
  await until(dead);
  const before = Math.max(...net.alive.map(committedOf));
  const took = await until(() => net.alive.slice(0, 2).every((peer) => committedOf(peer) > before + 2));
  expect(took).toBeLessThan(5_000);
  await expectEnd(net, options);
});

test('one that joins dies: the others go on', async () => {
  const { net, wire, dead } = groupWith(2, { length: LARGE, worldSize: 2 });
  wire.stop = { phase: 'joining', seq: 0 };
  net.add();
  net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) >= 2));
  net.add();
  await until(dead);
  const before = Math.max(...net.alive.map(committedOf));
  const took = await until(() => net.alive.every((peer) => committedOf(peer) > before + 2));
  expect(took).toBeLessThan(5_000);
  await expectEnd(net, { length: LARGE });
});
