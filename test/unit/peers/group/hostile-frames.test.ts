import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import type { CodecConfig } from '../../../../src/peers/compression/codec';
import type { DropReason } from '../../../../src/peers/status';
import { Phase } from '../../../../src/peers/wire/frame';
import { Chronicle } from '../../../helpers/peers/chronicle';
import {
  frameIn,
  HOSTILE_FRAMES,
  hostileFrame,
  poisonedFrame,
  type Hostile,
} from '../../../helpers/peers/hostile-frames';
import { TappedLink, type Tap } from '../../../helpers/peers/tapped-link';
import { TestGroup, committedOf, type TestPeer } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

interface Setting {
  members: number;
  codec: CodecConfig;
  last: number;
  length?: number;
}

type Dropped = Partial<Record<DropReason, number>>;

const totalOf = (dropped: Dropped): number => Object.values(dropped).reduce((sum, count) => sum + count, 0);

/** Trains; every frame goes through the tap of its link. What all end with, and what each dropped. */
async function train(
  { members, codec, last, length }: Setting,
  tapOf: (at: TestPeer, to: TestPeer) => Tap | null,
): Promise<{ hash: string; dropped: Dropped[]; chronicle: Chronicle; epoch: number; peers: TestPeer[] }> {
  const net = new TestGroup({
    worldSize: members,
    codec,
    last,
    ...(length !== undefined && { length }),
    network: { latencyMs: 5, jitterMs: 3, reorder: 0.2, seed: 7 },
    tap: (link, at, to) => new TappedLink(link, tapOf(at, to)),
  });
  for (let i = 0; i < members; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) === last + 1));
  await pass(20);
  const chronicle = new Chronicle(8);
  for (const peer of net.peers) chronicle.check(peer);
  const statuses = net.peers.map(({ group }) => group.status());
  const hashes = new Set(statuses.map(({ parameters_hash }) => parameters_hash));
  expect(hashes.size).toBe(1);
  return {
    hash: [...hashes][0] ?? '',
    dropped: statuses.map(({ dropped }) => dropped),
    chronicle,
    epoch: statuses[0].epoch,
    peers: net.peers,
  };
}

describe.each<[string, CodecConfig, number]>([
  ['float32', { name: 'float32' }, 3],
  ['float32', { name: 'float32' }, 4],
  ['float16', { name: 'float16' }, 3],
  ['int8', { name: 'int8' }, 3],
  ['powersgd', { name: 'powersgd', rank: 2 }, 3],
])('frames of %s that must not be used', (_name, codec, members) => {
  const seeds = Array.from({ length: Number(process.env.FUZZ_SEEDS ?? 1) }, (_, seed) => seed);

  test.each(seeds)(`change nothing and are counted, among ${members} (seed %d)`, async (seed) => {
    const setting = { members, codec, last: 14 };
    const undisturbed = await train(setting, () => null);
    const injected = new Map<string, Hostile[]>();
    const hostile = await train(setting, (at, to) => {
      const random = randomStream(seed, 'hostile', at.id, to.id);
      const history: Uint8Array[] = [];
      const mine = injected.get(at.id) ?? [];
      injected.set(at.id, mine);
      return (lane, bytes) => {
        if (lane !== 'frame') return [{ lane, bytes }];
        const frame = frameIn(bytes);
        // States have tests of their own.
        if (frame.phase === Phase.state) return [{ lane, bytes }];
        const made = Array.from({ length: 3 }, () => {
          const kind = HOSTILE_FRAMES[random.integer(HOSTILE_FRAMES.length)];
          return hostileFrame(kind, { bytes, frame, history, random, codec: codec.name });
        }).filter((one) => one !== null);
        history.push(bytes);
        const before = made.filter(({ first, kind }) => first ?? (kind !== 'a second time' && random.uniform() < 0.5));
        const after = made
          .filter((one) => !before.includes(one))
          // The real one may have ended the step.
          .map((one): Hostile => ({ ...one, reasons: [...one.reasons, 'stale'] }));
        mine.push(...before, ...after);
        return [...before, { bytes }, ...after].map((one) => ({ lane, bytes: one.bytes }));
      };
    });
    expect(hostile.hash).toBe(undisturbed.hash);
    hostile.chronicle.expectSame(undisturbed.chronicle);
    expect(hostile.epoch).toBe(undisturbed.epoch);
    for (const [index, peer] of hostile.peers.entries()) {
      const frames = injected.get(peer.id) ?? [];
      const dropped = hostile.dropped[index];
      const before = undisturbed.dropped[index];
      expect(frames.length).toBeGreaterThan(100);
      expect(totalOf(dropped)).toBe(totalOf(before) + frames.length);
      for (const reason of new Set(frames.flatMap(({ reasons }) => reasons))) {
        const may = frames.filter(({ reasons }) => reasons.includes(reason)).length;
        const must = frames.filter(({ reasons }) => reasons.length === 1 && reasons[0] === reason).length;
        const counted = (dropped[reason] ?? 0) - (before[reason] ?? 0);
        expect.soft(counted, reason).toBeGreaterThanOrEqual(must);
        expect.soft(counted, reason).toBeLessThanOrEqual(may);
      }
    }
  });
});

/** What a group of one ends with. */
const alone = async (last: number, length = 600): Promise<string> =>
  (await train({ members: 1, codec: { name: 'float32' }, last, length }, () => null)).hash;

test('change nothing where a shard is cut into several frames', async () => {
  const setting: Setting = { members: 2, codec: { name: 'float32' }, last: 5, length: 70_000 };
  const several = { count: 0 };
  const { hash } = await train(setting, (at, to) => {
    const random = randomStream(0, 'several', at.id, to.id);
    return (lane, bytes) => {
      if (lane !== 'frame') return [{ lane, bytes }];
      const frame = frameIn(bytes);
      if (frame.chunks > 1) several.count++;
      const kind = HOSTILE_FRAMES[random.integer(HOSTILE_FRAMES.length)];
      const made = hostileFrame(kind, { bytes, frame, history: [], random, codec: 'float32' });
      return [...(made && kind !== 'a second time' ? [made] : []), { bytes }].map((one) => ({
        lane,
        bytes: one.bytes,
      }));
    };
  });
  expect(several.count).toBeGreaterThan(20);
  expect(hash).toBe(await alone(5, 70_000));
});

test('a number that is not finite in one of several frames costs a step a second deal, and nothing else', async () => {
  let poisoned = 0;
  const { hash, dropped } = await train(
    { members: 2, codec: { name: 'float32' }, last: 8, length: 70_000 },
    (at, to) => (lane, bytes) => {
      if (lane !== 'frame') return [{ lane, bytes }];
      const frame = frameIn(bytes);
      if (frame.seq !== 7 || frame.chunk !== 1 || frame.bucket !== 0 || poisoned > 0) return [{ lane, bytes }];
      if (at.id > to.id || frame.phase !== Phase.gather) return [{ lane, bytes }];
      poisoned++;
      return [poisonedFrame(bytes), bytes].map((one) => ({ lane, bytes: one }));
    },
  );
  expect(poisoned).toBe(1);
  expect(totalOf({ not_finite: dropped.reduce((sum, { not_finite }) => sum + (not_finite ?? 0), 0) })).toBe(1);
  expect(hash).toBe(await alone(8, 70_000));
});

test('frames of three views are told apart while a member dies and another joins', async () => {
  const history: Uint8Array[] = [];
  const random = randomStream(0, 'views');
  const net = new TestGroup({
    worldSize: 4,
    last: 49,
    network: { latencyMs: 5, jitterMs: 3, reorder: 0.2, seed: 3 },
    tap: (link) =>
      new TappedLink(link, (lane, bytes) => {
        if (lane !== 'frame' || frameIn(bytes).phase === Phase.state) return [{ lane, bytes }];
        history.push(bytes);
        const old = history[random.integer(history.length)];
        const frame = frameIn(bytes);
        const kind = HOSTILE_FRAMES[random.integer(HOSTILE_FRAMES.length)];
        const made = hostileFrame(kind, { bytes, frame, history, random, codec: 'float32' });
        // A repetition on another link, or in the name of somebody else.
        return [old, ...(made && kind !== 'a second time' ? [made.bytes] : []), bytes].map((one) => ({
          lane,
          bytes: one,
        }));
      }),
  });
  for (let i = 0; i < 4; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) > 8));
  net.kill(net.peers[2]);
  await until(() => net.alive.every((peer) => committedOf(peer) > 20));
  net.add();
  await until(() => net.alive.every((peer) => committedOf(peer) === 50));
  await pass(20);
  const chronicle = new Chronicle(8);
  for (const peer of net.peers) chronicle.check(peer);
  expect(chronicle.length).toBe(50);
  const expected = await alone(49);
  for (const { group } of net.alive) {
    const { parameters_hash, dropped } = group.status();
    expect(parameters_hash).toBe(expected);
    expect(dropped.stale).toBeGreaterThan(20);
  }
});
