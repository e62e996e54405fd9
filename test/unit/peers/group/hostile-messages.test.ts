import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { encodeMessage, type Message } from '../../../../src/peers/group/messages';
import { numbersOf, type View } from '../../../../src/peers/group/view';
import { Chronicle } from '../../../helpers/peers/chronicle';
import {
  HOSTILE_MESSAGES,
  hostileMessage,
  installIn,
  malformedLike,
  repeated,
  type HostileMessage,
} from '../../../helpers/peers/hostile-messages';
import { recordedParts } from '../../../helpers/peers/recorded-parts';
import { TappedLink } from '../../../helpers/peers/tapped-link';
import { TestGroup, committedOf, type TestPeer } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

const LAST = 29;

async function aloneFor(last: number): Promise<{ hash: string | null; chronicle: Chronicle }> {
  const net = new TestGroup({ last });
  const peer = net.add();
  await until(() => committedOf(peer) === last + 1);
  await pass(20);
  const chronicle = new Chronicle(8);
  chronicle.check(peer);
  return { hash: peer.group.status().parameters_hash, chronicle };
}

async function expectEnd(net: TestGroup): Promise<void> {
  await until(() => net.alive.every((peer) => committedOf(peer) === LAST + 1));
  await pass(20);
  const chronicle = new Chronicle(8);
  for (const peer of net.peers) chronicle.check(peer);
  const alone = await aloneFor(LAST);
  chronicle.expectSame(alone.chronicle);
  expect(chronicle.length).toBe(LAST + 1);
  for (const { group } of net.alive) expect(group.status().parameters_hash).toBe(alone.hash);
}

const seeds = Array.from({ length: Number(process.env.FUZZ_SEEDS ?? 1) }, (_, seed) => seed);

test.each(seeds)('messages that do not fit change nothing and are counted (seed %d)', async (seed) => {
  const random = randomStream(seed, 'messages');
  const views = new Map<string, View>();
  const kinds = new Map<string, number>();
  /** Tells of everything that is not counted as it should be. */
  const faults: string[] = [];
  const watched = function* (at: TestPeer, hostile: readonly (HostileMessage | null)[]) {
    for (const one of hostile) {
      if (!one) continue;
      const before = at.group.status().dropped;
      yield { lane: 'message' as const, bytes: one.bytes };
      const after = at.group.status().dropped;
      const counted = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((reason) => {
        const [was, is] = [before, after].map((dropped) => new Map(Object.entries(dropped)).get(reason) ?? 0);
        return is !== was;
      });
      kinds.set(one.kind, (kinds.get(one.kind) ?? 0) + 1);
      if (counted.length !== 1 || !one.reasons.some((reason) => reason === counted[0])) {
        faults.push(`${one.kind}: ${counted.join() || 'not counted'}, not ${one.reasons.join(' or ')}`);
      }
    }
  };
  const net = new TestGroup({
    worldSize: 3 + (seed % 2),
    last: LAST,
    network: { latencyMs: 5, jitterMs: 3, seed },
    tap: (link, at, to) =>
      new TappedLink(link, function* (lane, bytes) {
        if (lane === 'frame') {
          yield { lane, bytes };
          return;
        }
        if (random.uniform() < 0.1) yield* watched(at, [malformedLike(bytes, random)]);
        yield { lane, bytes };
        const install = installIn(bytes);
        if (install) views.set(at.id, install.view);
        // A group of its own: the others would not know it.
        const view = [...views.values()].findLast(({ epoch }) => epoch === at.group.status().epoch);
        const committed = committedOf(at);
        const settled = at.group.status().phase === 'training' && at.group.members.length === net.peers.length;
        if (!view || committed === 0 || !settled || random.uniform() < 0.3) return;
        const kind = HOSTILE_MESSAGES[random.integer(HOSTILE_MESSAGES.length)];
        yield* watched(at, [hostileMessage(kind, { view, committed, from: to.id, random }), repeated(bytes, random)]);
      }),
  });
  for (let i = 0; i < 3 + (seed % 2); i++) net.add();
  await expectEnd(net);
  expect([...new Set(faults)]).toEqual([]);
  // All kinds came to pass.
  const missing = ['malformed', ...HOSTILE_MESSAGES].filter((kind) => !kinds.has(kind));
  expect(missing).toEqual([]);
  expect([...kinds.keys()].filter((kind) => kind.startsWith('a repetition'))).toHaveLength(4);
});

/** What a member may say in its own name: it is believed, and costs time at most. */
const LIES: [string, (known: { view: View; committed: number; from: string }) => Message][] = [
  ['that it leaves', () => ({ type: 'leave', reason: '' })],
  ['that it has no trainer', () => ({ type: 'trainer', present: false })],
  ['that it hears of nobody', ({ view }) => beat(view.epoch, numbersOf(view))],
  ['that it is in a view to come', ({ view }) => beat(view.epoch + 1_000, [])],
  ['that it forms a new view', ({ view }) => ({ type: 'prepare', epoch: view.epoch + 1, group: view.group })],
  [
    'that the group goes on without the other',
    ({ view, from }) => ({
      type: 'install',
      view: { ...view, epoch: view.epoch + 1, members: view.members.filter(({ id }) => id === from) },
      base: { seq: 5, hash: 'x' },
    }),
  ],
  [
    'a vote for something else',
    ({ view, committed }) => ({ type: 'vote', epoch: view.epoch, at: { seq: committed, hash: 'something else' } }),
  ],
  [
    'a deal of more than there is',
    ({ view, committed }) => ({
      type: 'proposal',
      epoch: view.epoch,
      seq: committed,
      transaction: { kind: 'update', index: 0, items: 8, scalars: { lr: 0.01 } },
      deal: Array.from({ length: 65_536 }, (): [number, number] => [1, 65_536]),
      stop: false,
    }),
  ],
  ['that it wants to join', ({ from }) => ({ type: 'join', epoch: 0, fingerprint: 'x', linked: [from] })],
];

const beat = (epoch: number, suspects: number[]): Message => ({
  type: 'heartbeat',
  at: 0,
  epoch,
  progress: 1,
  suspects,
});

test.each(LIES)('who is told a lie by a member (%s) ends with the same parameters', async (_name, lie) => {
  const { parts, hashes } = recordedParts();
  for (const [liar, victim] of [
    [0, 1],
    [1, 0],
  ]) {
    const links = new Map<string, TappedLink>();
    let view: View | null = null;
    const net = new TestGroup({
      worldSize: 3,
      parts,
      network: { latencyMs: 5 },
      tap: (link, at, to) => {
        const tapped = new TappedLink(link, (lane, bytes) => {
          view = (lane === 'message' ? installIn(bytes)?.view : null) ?? view;
          return [{ lane, bytes }];
        });
        links.set(`${at.id} ${to.id}`, tapped);
        return tapped;
      },
    });
    for (let i = 0; i < 3; i++) net.add();
    await until(() => net.peers.every((peer) => committedOf(peer) > 8));
    const [from, at] = [net.peers[liar], net.peers[victim]];
    if (!view) throw new Error('No view was installed.');
    const message = lie({ view, committed: committedOf(at), from: from.id });
    links.get(`${at.id} ${from.id}`)?.inject('message', encodeMessage(message));
    await pass(50);
    const before = Math.max(...net.peers.map(committedOf));
    const there = ({ group }: TestPeer): boolean => group.status().peers[0].state === 'member';
    await until(() => net.peers.every((peer) => there(peer) && committedOf(peer) > before + 5), 30_000);
    const chronicle = new Chronicle(8);
    for (const peer of net.peers) chronicle.check(peer);
    expect(net.peers.map(({ ended }) => ended)).toEqual([undefined, undefined, undefined]);
  }
  // In all groups, every peer.
  expect(new Set([...hashes.values()].map(({ size }) => size))).toEqual(new Set([1]));
});
