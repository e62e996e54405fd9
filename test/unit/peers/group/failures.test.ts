import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GroupParts } from '../../../../src/peers/group/parts';
import { standardParts } from '../../../../src/peers/group/standard-parts';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { TestGroup, committedOf, type TestPeer } from '../../../helpers/peers/test-group';
import { freeze, pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

// Virtual hours on a machine that others use, too.
vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

const ITEMS = 8;

/** Numbers of the model. */
const LENGTH = 120;

const alone = new Map<number, { chronicle: Chronicle; hash: string | null }>();

/** All that a group of one does in so many transactions. */
async function aloneFor(transactions: number): Promise<{ chronicle: Chronicle; hash: string | null }> {
  const known = alone.get(transactions);
  if (known) return known;
  const net = new TestGroup({ last: transactions - 1, length: LENGTH });
  const peer = net.add();
  await until(() => committedOf(peer) === transactions);
  const chronicle = new Chronicle(ITEMS);
  await pass(10);
  chronicle.check(peer);
  const all = { chronicle, hash: peer.group.status().parameters_hash };
  alone.set(transactions, all);
  return all;
}

/** The peers that are left reach the end, as a group of one would have. */
async function expectEnd(net: TestGroup, transactions: number): Promise<void> {
  await until(() => net.alive.every((peer) => committedOf(peer) === transactions));
  await pass(20);
  const chronicle = new Chronicle(ITEMS);
  for (const peer of net.peers) chronicle.check(peer);
  const expected = await aloneFor(transactions);
  chronicle.expectSame(expected.chronicle);
  expect(chronicle.length).toBe(transactions);
  for (const peer of net.alive) expect(peer.group.status().parameters_hash).toBe(expected.hash);
}

async function groupOf(members: number, transactions: number): Promise<TestGroup> {
  const net = new TestGroup({
    worldSize: members,
    length: LENGTH,
    last: transactions - 1,
    network: { latencyMs: 5 },
    ms: 10,
  });
  for (let i = 0; i < members; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) >= 3));
  return net;
}

describe.each(['kill', 'crash'] as const)('%s', (how) => {
  // A step takes some 50 ms: the moments fall into all of its parts.
  // All of them by hand: `MOMENTS=7`.
  const count = Number(process.env.MOMENTS ?? 3);
  const moments = Array.from({ length: count }, (_, i) => Math.floor((i * 63) / count) + 1);

  test.each([
    ['the coordinator', 0],
    ['another member', 2],
  ])('of %s at any moment of a step: the others go on within 5 s, with the same result', async (_name, which) => {
    for (const moment of moments) {
      const net = await groupOf(3, 40);
      await pass(moment);
      const before = Math.max(...net.peers.map(committedOf));
      net[how](net.peers[which]);
      const took = await until(() => net.alive.every((peer) => committedOf(peer) > before + 2));
      expect(took).toBeLessThan(5_000);
      await expectEnd(net, 40);
    }
  });
});

test('of two, the coordinator goes on alone; the other does not, without a witness', async () => {
  const net = await groupOf(2, 30);
  net.kill(net.peers[1]);
  await expectEnd(net, 30);
  const other = await groupOf(2, 30);
  other.kill(other.peers[0]);
  await pass(10_000);
  expect(other.peers[1].group.status().phase).toBe('alone');
});

test('with a witness, whoever is left of two goes on', async () => {
  for (const which of [0, 1]) {
    const granted = new Map<number, string>();
    const net = new TestGroup({
      worldSize: 2,
      length: LENGTH,
      last: 29,
      witness: {
        claim: async (_group, base, members) => {
          const set = members.join();
          if (!granted.has(base)) granted.set(base, set);
          return Promise.resolve(granted.get(base) === set);
        },
      },
    });
    net.add();
    net.add();
    await until(() => net.peers.every((peer) => committedOf(peer) >= 3));
    net.kill(net.peers[which]);
    await expectEnd(net, 30);
  }
});

test.each([
  [4, [0, 1], [2, 3]],
  [4, [2, 3], [0, 1]],
  [5, [0, 1], [2, 3, 4]],
  [3, [0], [1, 2]],
])('of a group of %d cut into halves one part goes on, and the other joins again', async (members, left, right) => {
  const net = new TestGroup({ worldSize: members, length: LENGTH, network: { latencyMs: 5 }, ms: 10 });
  for (let i = 0; i < members; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) >= 3));
  const at = (indices: number[]): TestPeer[] => indices.map((index) => net.peers[index]);
  net.network.cut(
    at(left).map(({ id }) => id),
    at(right).map(({ id }) => id),
  );
  await pass(300);
  const before = net.peers.map(committedOf);
  await pass(8_000);
  const went = net.peers.map((peer, index) => committedOf(peer) > before[index] + 2);
  const sides = [left, right].map((side) => side.map((index) => went[index]));
  expect(sides.filter((side) => side.every((yes) => yes))).toHaveLength(1);
  expect(sides.filter((side) => side.every((yes) => !yes))).toHaveLength(1);
  net.network.heal();
  const took = await until(() => net.peers.every((peer) => peer.group.status().peers[0].state === 'member'), 30_000);
  expect(took).toBeLessThan(10_000);
  const now = Math.max(...net.peers.map(committedOf));
  await until(() => net.peers.every((peer) => committedOf(peer) > now + 3));
  const chronicle = new Chronicle(ITEMS);
  for (const peer of net.peers) chronicle.check(peer);
});

test.each([1, 3])('a member whose parameters went wrong is left out, and joins again (peer %d)', async (which) => {
  let made = 0;
  const parts: GroupParts = {
    ...standardParts,
    async createReplica(setup) {
      const replica = await standardParts.createReplica(setup);
      if (++made !== which) return replica;
      const prepare = replica.prepare.bind(replica);
      let wrong = 1;
      replica.prepare = (seq, sum, scalars) => {
        const outcome = prepare(seq, sum, scalars);
        return seq >= 6 && wrong-- > 0 ? { ...outcome, hash: 'wrong' } : outcome;
      };
      return replica;
    },
  };
  const net = new TestGroup({ worldSize: 3, length: LENGTH, last: 39, parts, network: { latencyMs: 5 } });
  for (let i = 0; i < 3; i++) net.add();
  await until(() => made === 3 && net.peers.every((peer) => committedOf(peer) >= 6));
  await until(() => net.peers.some(({ trainer }) => trainer.starts === 2), 30_000);
  await expectEnd(net, 40);
});

test('all that sleep at once, as in one page that is frozen, go on as the same group', async () => {
  for (let sleep = 1_500; sleep < 6_500; sleep += 500) {
    const net = await groupOf(3, Infinity);
    await pass(sleep % 97);
    const { epoch } = net.peers[0].group.status();
    freeze(sleep);
    const before = Math.max(...net.peers.map(committedOf));
    await until(() => net.peers.every((peer) => committedOf(peer) > before + 3), 3_000);
    for (const { group } of net.peers) expect(group.status().epoch).toBe(epoch);
  }
});
