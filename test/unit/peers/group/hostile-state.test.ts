import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decodeMessage, encodeMessage, type MessageOf } from '../../../../src/peers/group/messages';
import { FrozenState } from '../../../../src/peers/replica/snapshot';
import type { DropReason } from '../../../../src/peers/status';
import { Phase, writeFrame, type Frame } from '../../../../src/peers/wire/frame';
import { MOST_FRAME } from '../../../../src/peers/transport/link';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { frameIn } from '../../../helpers/peers/hostile-frames';
import { TappedLink } from '../../../helpers/peers/tapped-link';
import { TestGroup, committedOf, type TestPeer } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

type List = MessageOf<'list'>;

/** What a member that lies makes of what it gives to one that joins. */
interface Lie {
  frame?: (frame: Frame, bytes: Uint8Array) => Uint8Array[];
  list?: (list: List) => List;
  training?: (training: string) => string;
}

/** A frame with other fields or another payload, and a checksum that fits. */
const rewritten = (frame: Frame, change: Partial<Frame>): Uint8Array =>
  writeFrame({ ...frame, ...change }, 0, new Uint8Array(MOST_FRAME)).slice();

const flipped = (payload: Uint8Array): Uint8Array => payload.map((byte, i) => (i === 50 ? byte ^ 1 : byte));

/** A state that is none of the group's, and of the same size. */
const forged = new FrozenState(
  {
    weights: new Float32Array(600).fill(7),
    slots: [],
    average: null,
    statistics: new Float32Array(0),
    scaler: [],
  },
  0,
  '',
).chunk(0);
const forgedHash = createHash('sha256').update(forged).digest('hex');

const LIES: [string, DropReason, Lie][] = [
  ['other bits', 'checksum', { frame: (frame) => [rewritten(frame, { payload: flipped(frame.payload) })] }],
  ['damaged frames', 'checksum', { frame: (_frame, bytes) => [flipped(bytes)] }],
  ['a shorter piece', 'length', { frame: (frame) => [rewritten(frame, { payload: frame.payload.subarray(4) })] }],
  ['a piece that is none', 'malformed', { frame: (frame) => [rewritten(frame, { node: 77 })] }],
  ['pieces of another point', 'stale', { frame: (frame) => [rewritten(frame, { seq: frame.seq + 1 })] }],
  ['the state of another run', 'checksum', { frame: (frame) => [rewritten(frame, { payload: forged })] }],
  ['every piece twice', 'replayed', { frame: (_frame, bytes) => [bytes, bytes] }],
  ['a list with other hashes', 'checksum', { list: (list) => ({ ...list, sha256: [forgedHash] }) }],
  ['a list of another length', 'malformed', { list: (list) => ({ ...list, bytes: 10 * 262_144 }) }],
  ['a list that is a little shorter', 'length', { list: (list) => ({ ...list, bytes: list.bytes - 4 }) }],
  ['a list of an update to come', 'malformed', { list: (list) => ({ ...list, update: 1_000_000 }) }],
  [
    'a list with another vote',
    'checksum',
    { list: (list) => ({ ...list, at: { ...list.at, hash: `${list.at.hash}0` } }) },
  ],
  [
    'a list and a state that fit together',
    'checksum',
    {
      list: (list) => ({ ...list, sha256: [forgedHash] }),
      frame: (frame) => [rewritten(frame, { payload: forged })],
    },
  ],
  ['a training state that is none', 'malformed', { training: (training) => training.slice(1) }],
];

/** A group of three, a fourth that joins it, and what the first gives to that one. */
async function joinTo(lie: Lie, more: { length?: number; items?: number; last?: number } = {}): Promise<TestPeer> {
  const net = new TestGroup({
    worldSize: 3,
    last: 24,
    network: { latencyMs: 5 },
    ...more,
    tap: (link, at, to) =>
      new TappedLink(link, (lane, bytes) => {
        const real = [{ lane, bytes }];
        if (at !== net.peers[3] || to !== net.peers[0]) return real;
        if (lane === 'frame') {
          const frame = frameIn(bytes);
          return frame.phase === Phase.state && lie.frame
            ? lie.frame(frame, bytes).map((other) => ({ lane, bytes: other }))
            : real;
        }
        const message = decodeMessage(bytes);
        if (message?.type === 'list' && lie.list) return [{ lane, bytes: encodeMessage(lie.list(message)) }];
        if (message?.type === 'training' && lie.training) {
          return [{ lane, bytes: encodeMessage({ ...message, training: lie.training(message.training) }) }];
        }
        return real;
      }),
  });
  for (let i = 0; i < 3; i++) net.add();
  await until(() => net.peers.every((peer) => committedOf(peer) > 3));
  const joiner = net.add();
  await until(() => joiner.group.status().peers[0].state === 'member', 20_000);
  await until(() => net.peers.every((peer) => committedOf(peer) === (more.last ?? 24) + 1));
  await pass(20);
  const chronicle = new Chronicle(more.items ?? 8);
  for (const peer of net.peers) chronicle.check(peer);
  const hashes = new Set(net.peers.map(({ group }) => group.status().parameters_hash));
  expect(hashes.size).toBe(1);
  // It was let in once, with a state that was right.
  expect(joiner.trainer.starts).toBe(1);
  expect(joiner.ended).toBeUndefined();
  return joiner;
}

test.each(LIES)('who is given %s by one member gets the state from another', async (_name, reason, lie) => {
  const joiner = await joinTo(lie);
  expect(joiner.group.status().dropped[reason]).toBeGreaterThan(0);
});

test('pieces in each other’s places are fetched again elsewhere', async () => {
  // Two chunks, of which each goes over the wire in frames.
  const joiner = await joinTo(
    {
      frame: (frame, bytes) => {
        const copy = bytes.slice();
        // Three pieces: the first two change places.
        return frame.chunk === 0 && frame.node < 2 && frame.chunks === 1 ? [copy] : [otherPlace(frame)];
      },
    },
    { length: 140_000, items: 1, last: 11 },
  );
  expect(joiner.group.status().dropped.checksum).toBeGreaterThan(0);
});

/** The same payload as a piece of another number. */
function otherPlace(frame: Frame): Uint8Array {
  const node = frame.node < 2 ? 1 - frame.node : frame.node;
  const whole = new Uint8Array(frame.total);
  whole.set(frame.payload, frame.chunk * 65_496);
  return writeFrame({ ...frame, node, payload: whole }, frame.chunk, new Uint8Array(MOST_FRAME)).slice();
}
