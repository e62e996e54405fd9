import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../../../src/base/hash';
import { CheckpointExchange, mostNamed } from '../../../../src/peers/room/checkpoint-exchange';
import { Lobby } from '../../../../src/peers/room/lobby';
import type { CheckpointManifest } from '../../../../src/peers/room/lobby-messages';
import { splitLink } from '../../../../src/peers/room/split-link';
import type { PeerMessage } from '../../../../src/peers/trainer-port';
import { MemoryNetwork } from '../../../../src/peers/transport/memory-network';
import { keepersOf } from '../../../../src/store/parts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const WEIGHTS = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
const SLOTS = Uint8Array.of(1, 2, 3, 4);

async function manifestOf(step: number): Promise<CheckpointManifest> {
  const [weights, optimizer] = await Promise.all([sha256(WEIGHTS), sha256(SLOTS)]);
  return {
    step,
    epoch: 1,
    reason: 'epoch',
    monitor: null,
    weights: { hash: weights, tensors: [{ name: 'w', shape: [25_000], offset: 0, length: 100_000 }] },
    optimizer: { hash: optimizer, tensors: [] },
    state: '{}',
    blobs: [
      { hash: weights, bytes: WEIGHTS.length, here: true },
      { hash: optimizer, bytes: SLOTS.length, here: true },
    ],
  };
}

/** Browsers of one room; each has the checkpoints of the steps in `stored`. `send`: what one sends for a blob. */
function room(count: number, send: (peer: number, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes) {
  const network = new MemoryNetwork({ latencyMs: 5 });
  const peers = Array.from({ length: count }, (_, index) => {
    const stored = new Set<number>();
    const lobby = new Lobby({
      describe: async () => null,
      manifest: async () => null,
      checkpoint: async (step) => (stored.has(step) ? manifestOf(step) : null),
      kept: async () => [],
      blob: async (hash) => new Blob([new Uint8Array(send(index, hash === (await sha256(SLOTS)) ? SLOTS : WEIGHTS))]),
    });
    lobby.announce({ role: index === 0 ? 'host' : 'guest', training: true, dataset: null, ending: null });
    const answers: Extract<PeerMessage, { type: 'checkpoint' }>[] = [];
    const exchange = new CheckpointExchange({
      lobby,
      has: async () => false,
      post: (message) => {
        if (message.type === 'checkpoint') answers.push(message);
      },
    });
    return { stored, lobby, exchange, answers };
  });
  for (const [i, { lobby }] of peers.entries()) {
    for (const [j, other] of peers.slice(0, i).entries()) {
      const [here, there] = network.connect(`${i}`, `${j}`).map((link) => splitLink(link).lobby);
      lobby.addLink(`${j}`, here);
      other.lobby.addLink(`${i}`, there);
    }
  }
  return peers;
}

const realTimeout = globalThis.setTimeout;

/** Lets time pass. Hashing is no timer: each turn gives it a moment of real time. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 100) {
    await vi.advanceTimersByTimeAsync(100);
    await new Promise((resolve) => realTimeout(resolve, 1));
  }
}

it('copies a checkpoint from those who have it, and past one who sends other bytes', async () => {
  const [one, two, three] = room(3, (peer, bytes) => (peer === 0 ? bytes.map((byte) => byte ^ 1) : bytes));
  one.stored.add(12);
  two.stored.add(12);
  await pass(100);
  three.exchange.receive({ type: 'want_checkpoint', ticket: 7, step: 12 });
  await pass(3_000);
  expect(three.answers).toHaveLength(1);
  const [{ ticket, checkpoint, reason }] = three.answers;
  expect([ticket, reason, checkpoint?.row.step]).toEqual([7, null, 12]);
  const hashes = checkpoint?.blobs.map(({ hash }) => hash).sort();
  expect(hashes).toEqual([await sha256(WEIGHTS), await sha256(SLOTS)].sort());
});

it('waits for one who still writes it, and not for those who have written all', async () => {
  const [one, two] = room(2);
  await pass(100);
  two.exchange.receive({ type: 'want_checkpoint', ticket: 1, step: 12 });
  await pass(2_000);
  expect(two.answers).toEqual([]);
  one.stored.add(12);
  await pass(2_000);
  expect(two.answers[0].checkpoint?.row.step).toBe(12);
  one.exchange.receive({ type: 'satisfied' });
  await pass(100);
  two.exchange.receive({ type: 'want_checkpoint', ticket: 2, step: 13 });
  await pass(300);
  expect(two.answers[1]).toEqual({ type: 'checkpoint', ticket: 2, checkpoint: null, reason: null });
});

it('stays until the others want nothing more, and some seconds for one who does not come to its end', async () => {
  const [one, two] = room(2);
  await pass(100);
  const gone = vi.fn();
  // A run that was paused has nothing to stay for.
  void one.exchange.stay().then(gone);
  await pass(100);
  expect(gone).toHaveBeenCalledTimes(1);
  one.exchange.receive({ type: 'satisfied' });
  void one.exchange.stay().then(gone);
  await pass(5_000);
  expect(gone).toHaveBeenCalledTimes(1);
  two.exchange.receive({ type: 'satisfied' });
  await pass(500);
  expect(gone).toHaveBeenCalledTimes(2);
  two.exchange.begin(0);
  await pass(100);
  void one.exchange.stay().then(gone);
  await pass(9_000);
  expect(gone).toHaveBeenCalledTimes(2);
  await pass(2_000);
  expect(gone).toHaveBeenCalledTimes(3);
});

it('takes of different answers the one that most give', async () => {
  const usual = await manifestOf(3);
  const other = { ...usual, weights: { ...usual.weights, hash: 'cd'.repeat(32) } };
  const found = mostNamed(new Map([other, usual, usual].map((manifest, i) => [`${i}`, manifest])));
  expect(found?.manifest).toEqual(usual);
  expect([...(found?.holdings.keys() ?? [])]).toEqual(['1', '2']);
  expect(mostNamed(new Map())).toBeNull();
});

describe('a checkpoint in parts', () => {
  const PARTS = Array.from({ length: 12 }, (_, i) => Uint8Array.from({ length: 4096 }, (__, k) => (i * 31 + k) % 251));

  /** Browsers that keep the checkpoint of step 40 as it was dealt to them; each has a trainer that asks. */
  async function keepers(count: number) {
    const hashes = await Promise.all(PARTS.map((part) => sha256(part)));
    const network = new MemoryNetwork({ latencyMs: 5 });
    const peers = Array.from({ length: count }, (_, rank) => {
      const here = new Set(hashes.filter((__, part) => keepersOf(part, count).includes(rank)));
      const manifest = async (): Promise<CheckpointManifest> => ({
        ...(await manifestOf(40)),
        parts: {
          hashes,
          bytes: PARTS.map(({ length }) => length),
          weights: 4,
          keepers: Array.from({ length: count }, (__, i) => `peer ${i}`),
        },
        blobs: hashes.map((hash) => ({ hash, bytes: 4096, here: here.has(hash) })),
      });
      const lobby = new Lobby({
        describe: async () => null,
        manifest: async () => null,
        checkpoint: async (step) => (step === 40 ? manifest() : null),
        kept: async () => [],
        blob: async (hash) => (here.has(hash) ? new Blob([PARTS[hashes.indexOf(hash)]]) : null),
      });
      lobby.announce({ role: rank === 0 ? 'host' : 'guest', training: false, dataset: null, ending: null });
      const answers: Extract<PeerMessage, { type: 'checkpoint' }>[] = [];
      const exchange = new CheckpointExchange({
        lobby,
        has: async (hash) => here.has(hash),
        post: (message) => {
          if (message.type === 'checkpoint') answers.push(message);
        },
      });
      exchange.begin(20_000);
      return { lobby, exchange, answers, here };
    });
    const connect = (a: number, b: number): void => {
      const [one, two] = network.connect(`${a}`, `${b}`).map((link) => splitLink(link).lobby);
      peers[a].lobby.addLink(`${b}`, one);
      peers[b].lobby.addLink(`${a}`, two);
    };
    return { peers, connect, hashes };
  }

  it.each([2, 3, 4])('is put together by any of %d browsers without any one of the others', async (count) => {
    for (let asks = 0; asks < count; asks++) {
      for (let lost = 0; lost < count; lost++) {
        if (lost === asks) continue;
        const { peers, connect, hashes } = await keepers(count);
        for (let other = 0; other < count; other++) if (other !== asks && other !== lost) connect(asks, other);
        await pass(100);
        const { exchange, answers, here } = peers[asks];
        exchange.receive({ type: 'want_checkpoint', ticket: 1, step: 40 });
        await pass(800);
        if (count === 2) {
          // It has all itself, and nobody to ask.
          expect(here.size).toBe(12);
          continue;
        }
        const copied = answers[0].checkpoint?.blobs ?? [];
        expect([answers[0].reason, new Set([...here, ...copied.map(({ hash }) => hash)]).size]).toEqual([null, 12]);
        // Nothing is sent that is here, and what was sent is what its name says.
        expect(copied.some(({ hash }) => here.has(hash))).toBe(false);
        for (const { hash, blob } of copied) expect(await sha256(await blob.arrayBuffer())).toBe(hash);
        expect(copied.every(({ hash }) => hashes.includes(hash))).toBe(true);
      }
    }
  });

  it('says which parts are missing, and who kept them', async () => {
    const { peers, connect } = await keepers(4);
    connect(0, 1);
    await pass(100);
    peers[0].exchange.receive({ type: 'want_checkpoint', ticket: 1, step: 40 });
    await pass(2_000);
    expect(peers[0].answers[0]).toMatchObject({
      checkpoint: null,
      reason:
        'Of the checkpoint of step 40, 3 of 12 parts are missing, the first of them part 3. Kept by: peer 2, peer 3.',
    });
  });

  it('is waited for by a host that goes on from it, until those come who keep the rest', async () => {
    const { peers, connect } = await keepers(4);
    const [host, guest] = peers;
    connect(0, 1);
    await pass(100);
    for (const { exchange } of [host, guest]) exchange.receive({ type: 'recover', ticket: 1, step: 40 });
    await pass(5_000);
    // Who does not begin the group takes the state of who does.
    expect(guest.answers).toEqual([{ type: 'checkpoint', ticket: 1, checkpoint: null, reason: null }]);
    expect(host.answers).toEqual([]);
    connect(0, 3);
    await pass(2_000);
    expect(host.answers[0].reason).toBeNull();
    expect(host.here.size + (host.answers[0].checkpoint?.blobs.length ?? 0)).toBe(12);
  });

  it('is given up by the host after its time, and not needed where others train already', async () => {
    const { peers, connect } = await keepers(4);
    connect(0, 1);
    await pass(100);
    peers[0].exchange.receive({ type: 'recover', ticket: 1, step: 40 });
    await pass(21_000);
    expect(peers[0].answers[0].reason).toMatch(/3 of 12 parts are missing/);
    peers[1].lobby.announce({ role: 'guest', training: true, dataset: null, ending: null });
    await pass(100);
    peers[0].exchange.receive({ type: 'recover', ticket: 2, step: 40 });
    await pass(1_000);
    expect(peers[0].answers[1]).toEqual({ type: 'checkpoint', ticket: 2, checkpoint: null, reason: null });
  });
});
