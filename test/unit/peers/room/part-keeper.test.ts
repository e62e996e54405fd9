import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../../../src/base/hash';
import { Lobby } from '../../../../src/peers/room/lobby';
import type { CheckpointManifest } from '../../../../src/peers/room/lobby-messages';
import { PartKeeper, partsToCopy } from '../../../../src/peers/room/part-keeper';
import { splitLink } from '../../../../src/peers/room/split-link';
import { MemoryNetwork } from '../../../../src/peers/transport/memory-network';
import { keepersOf } from '../../../../src/store/parts';
import type { BlobHash } from '../../../../src/store/schema';

/** What each of `count` browsers has of `parts` parts as they were dealt, by its id. */
const dealt = (count: number, parts: number): Map<string, string> =>
  new Map(
    Array.from({ length: count }, (_, rank) => [
      `${rank}`,
      Array.from({ length: parts }, (_, part) => (keepersOf(part, count).includes(rank) ? '1' : '0')).join(''),
    ]),
  );

describe('what falls to whom', () => {
  it('is nothing where every part has its copies', () => {
    for (const count of [1, 2, 3, 5, 8]) {
      const holdings = dealt(count, 20);
      const ids = [...holdings.keys()];
      for (const id of ids) expect(partsToCopy(id, ids, holdings)).toEqual({ copy: [], lost: [] });
    }
  });

  it('brings every part back to two copies after any one went, by work that is shared', () => {
    for (const count of [3, 4, 5, 8]) {
      for (let gone = 0; gone < count; gone++) {
        const holdings = dealt(count, 64);
        holdings.delete(`${gone}`);
        const ids = [...holdings.keys()];
        const copies = new Map(ids.map((id) => [id, partsToCopy(id, ids, holdings).copy]));
        for (let part = 0; part < 64; part++) {
          const keepers = ids.filter((id) => holdings.get(id)?.[part] === '1' || copies.get(id)?.includes(part));
          expect(keepers).toHaveLength(2);
        }
        const loads = [...copies.values()].map(({ length }) => length);
        expect(Math.max(...loads)).toBeLessThanOrEqual(Math.ceil((2 * 64) / count));
      }
    }
  });

  it('is all of what only one has, for one who comes; and what nobody has is lost', () => {
    const holdings = new Map([['a', '1101']]);
    expect(partsToCopy('b', ['a', 'b'], holdings)).toEqual({ copy: [0, 1, 3], lost: [2] });
    expect(partsToCopy('a', ['a', 'b'], holdings)).toEqual({ copy: [], lost: [2] });
    // One that does not train may go any moment: it is copied from, and does not count.
    expect(partsToCopy('b', ['b'], holdings).copy).toEqual([0, 1, 3]);
  });
});

describe('the keeper', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const PARTS = Array.from({ length: 12 }, (_, i) => Uint8Array.from({ length: 1000 }, (__, k) => (i * 7 + k) % 251));
  const realTimeout = globalThis.setTimeout;

  /** Browsers that train in one room and hold the parts of the checkpoint of step 40 as they were dealt to `count`. */
  async function room(count: number) {
    const hashes = await Promise.all(PARTS.map((part) => sha256(part)));
    const network = new MemoryNetwork({ latencyMs: 5 });
    const make = (rank: number, holds: number[], knows: boolean) => {
      const here = new Set<BlobHash>(holds.map((part) => hashes[part]));
      const state = { knows, lost: [] as number[][] };
      const kept = async () =>
        state.knows
          ? [{ step: 40, weights: hashes[0], here: hashes.map((hash) => (here.has(hash) ? '1' : '0')).join('') }]
          : [];
      const manifest = (): CheckpointManifest => ({
        step: 40,
        epoch: 1,
        reason: 'steps',
        monitor: null,
        weights: { hash: hashes[0], tensors: [] },
        optimizer: { hash: hashes[1], tensors: [] },
        state: '{}',
        parts: { hashes, bytes: PARTS.map(({ length }) => length), weights: 4, keepers: ['a', 'b', 'c'] },
        blobs: hashes.map((hash, i) => ({ hash, bytes: PARTS[i].length, here: here.has(hash) })),
      });
      const lobby = new Lobby({
        describe: async () => null,
        manifest: async () => null,
        checkpoint: async (step) => (state.knows && step === 40 ? manifest() : null),
        kept,
        blob: async (hash) => (here.has(hash) ? new Blob([PARTS[hashes.indexOf(hash)]]) : null),
      });
      lobby.announce({ role: rank === 0 ? 'host' : 'guest', training: true, dataset: null, ending: null });
      const keeper = new PartKeeper(lobby, `${rank}`, {
        kept,
        adopt: async () => void (state.knows = true),
        keep: async (_step, rows) => rows.forEach(({ hash }) => here.add(hash)),
        lost: async (_step, parts) => void state.lost.push(parts),
      });
      keeper.start();
      return { lobby, here, state, keeper };
    };
    const peers: ReturnType<typeof make>[] = [];
    const add = (holds: number[], knows: boolean) => {
      const peer = make(peers.length, holds, knows);
      for (const [other, { lobby }] of peers.entries()) {
        const [mine, theirs] = network.connect(`${peers.length}`, `${other}`).map((link) => splitLink(link).lobby);
        peer.lobby.addLink(`${other}`, mine);
        lobby.addLink(`${peers.length}`, theirs);
      }
      peers.push(peer);
      return peer;
    };
    const all = hashes.map((_, part) => part);
    for (let rank = 0; rank < count; rank++)
      add(
        all.filter((part) => keepersOf(part, count).includes(rank)),
        true,
      );
    return { peers, add, network };
  }

  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => realTimeout(resolve, 1));
    }
  }

  const leave = ({ lobby, keeper }: { lobby: Lobby; keeper: PartKeeper }): void => {
    keeper.stop();
    lobby.announce({ role: 'visitor', training: false, dataset: null, ending: null });
  };

  it('copies what one who went had, and gives a newcomer what only one has then', async () => {
    const { peers, add } = await room(3);
    await pass(12_000);
    expect(peers.map(({ here }) => here.size)).toEqual([8, 8, 8]);
    leave(peers[2]);
    await pass(25_000);
    expect(peers.slice(0, 2).map(({ here }) => here.size)).toEqual([12, 12]);
    leave(peers[1]);
    const late = add([], false);
    await pass(25_000);
    expect(late.state.knows).toBe(true);
    expect(late.here.size).toBe(12);
    expect(peers[0].state.lost).toEqual([]);
    for (const { keeper } of [...peers, late]) keeper.stop();
  });

  it('says once what nobody has any more', async () => {
    const { peers } = await room(4);
    await pass(6_000);
    leave(peers[1]);
    leave(peers[2]);
    await pass(40_000);
    const lost = [...Array(12).keys()].filter((part) => keepersOf(part, 4).every((rank) => rank === 1 || rank === 2));
    expect(lost.length).toBeGreaterThan(0);
    expect(peers[0].state.lost).toEqual([lost]);
    expect(peers[0].here.size).toBe(12 - lost.length);
    for (const { keeper } of peers) keeper.stop();
  });
});
