import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../../../src/base/hash';
import { parseConfig } from '../../../../src/config/parse';
import type { BlobCopy, CopyStore } from '../../../../src/peers/room/blob-copy';
import { Lobby, type LobbyContent } from '../../../../src/peers/room/lobby';
import { encodeLobbyMessage, type Manifest, type RoomDescription } from '../../../../src/peers/room/lobby-messages';
import { splitLink } from '../../../../src/peers/room/split-link';
import { MemoryNetwork } from '../../../../src/peers/transport/memory-network';
import type { BlobHash, BlobRow, TextDatasetRow } from '../../../../src/store/schema';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HASH = 'ab'.repeat(32);

/** A dataset of texts with `sizes` bytes, and its blobs. */
async function dataset(sizes: number[]): Promise<{ row: TextDatasetRow; blobs: Map<BlobHash, Blob> }> {
  const blobs = new Map<BlobHash, Blob>();
  const chunks: TextDatasetRow['chunks'] = [];
  for (const [i, size] of sizes.entries()) {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7 + i * 31) & 127);
    const text = await sha256(bytes);
    blobs.set(text, new Blob([bytes]));
    chunks.push({ characters: size, text });
  }
  const row: TextDatasetRow = {
    id: 'tales',
    name: 'tales',
    kind: 'text',
    created: 1,
    deleted_at: null,
    content_hash: HASH,
    examples: 1,
    test_examples: 0,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    source: { files: [], sample: null },
    notices: [],
    distinct: 128,
    top: [],
    chunks,
  };
  return { row, blobs };
}

type Data = Awaited<ReturnType<typeof dataset>>;

/** What a browser that has `data` tells. `spoil`: it sends other bytes than it should. */
function owner({ row, blobs }: Data, spoil: (blob: Blob) => Blob = (blob) => blob): LobbyContent & { asked: number } {
  const { name, kind, examples, bytes, content_hash } = row;
  const description: RoomDescription = {
    group: null,
    run_name: 'tales-transformer-1',
    config: parseConfig({}),
    batch_size: 32,
    dataset: { name, kind, examples, bytes, content_hash },
    roles: null,
  };
  return {
    asked: 0,
    describe: async () => description,
    manifest: async (hash): Promise<Manifest | null> =>
      hash === HASH ? { row, blobs: [...blobs].map(([key, { size }]) => ({ hash: key, bytes: size })) } : null,
    checkpoint: async () => null,
    kept: async () => [],
    async blob(hash) {
      this.asked++;
      const blob = blobs.get(hash);
      return blob ? spoil(blob) : null;
    },
  };
}

const nothing: LobbyContent = {
  describe: async () => null,
  manifest: async () => null,
  checkpoint: async () => null,
  kept: async () => [],
  blob: async () => null,
};

class MemoryStore implements CopyStore {
  readonly rows = new Map<BlobHash, BlobRow>();
  async has(hash: BlobHash): Promise<boolean> {
    return this.rows.has(hash);
  }
  async keep(row: BlobRow): Promise<void> {
    this.rows.set(row.hash, row);
  }
}

/** A room with a newcomer and others, all linked to it. */
function room(others: Record<string, LobbyContent>, conditions = {}) {
  const network = new MemoryNetwork({ latencyMs: 5, ...conditions });
  const newcomer = new Lobby(nothing);
  const lobbies = Object.entries(others).map(([id, content], i) => {
    const lobby = new Lobby(content);
    if (content !== nothing)
      lobby.announce({ role: i === 0 ? 'host' : 'guest', training: true, dataset: HASH, ending: null });
    const [here, there] = network.connect('newcomer', id).map((link) => splitLink(link).lobby);
    newcomer.addLink(id, here);
    lobby.addLink('newcomer', there);
    return lobby;
  });
  return { network, newcomer, lobbies };
}

const realTimeout = globalThis.setTimeout;

/** Waits under fake timers. Hashing is no timer: each turn gives it a moment of real time. */
async function settled<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const done = work.finally(() => (over = true));
  done.catch(() => undefined);
  while (!over) {
    await vi.advanceTimersByTimeAsync(100);
    await new Promise((resolve) => realTimeout(resolve, 1));
  }
  return done;
}

async function copy(newcomer: Lobby, store: CopyStore): Promise<{ manifest: Manifest; seen: BlobCopy[] }> {
  const seen: BlobCopy[] = [];
  const manifest = await settled(newcomer.copyDataset(HASH, store, (_name, progress) => seen.push(progress)));
  return { manifest, seen };
}

const contentOf = async (store: MemoryStore): Promise<string[]> =>
  Promise.all([...store.rows.values()].map(async ({ blob }) => sha256(await blob.arrayBuffer())));

describe('the lobby', () => {
  it('asks the host what is trained, and others where there is no host', async () => {
    const data = await dataset([10]);
    const { newcomer, lobbies } = room({ host: owner(data), guest: owner(data) });
    expect(await settled(newcomer.describe())).toMatchObject({ run_name: 'tales-transformer-1', batch_size: 32 });
    lobbies[0].announce({ role: 'visitor', training: false, dataset: null, ending: null });
    await vi.advanceTimersByTimeAsync(100);
    expect(await settled(newcomer.describe())).toMatchObject({ dataset: { content_hash: HASH } });
  });

  it('says so where nobody is there, and where nobody trains', async () => {
    await expect(settled(new Lobby(nothing).describe())).rejects.toThrow('Nobody was found in this room.');
    const { newcomer } = room({ visitor: nothing });
    await expect(settled(newcomer.describe())).rejects.toThrow('Nobody who is in this room trains.');
  });

  it('waits for somebody who comes a little later', async () => {
    const network = new MemoryNetwork();
    const newcomer = new Lobby(nothing);
    const described = newcomer.describe();
    setTimeout(() => {
      void dataset([10]).then((data) => {
        const host = new Lobby(owner(data));
        host.announce({ role: 'host', training: true, dataset: HASH, ending: null });
        const [here, there] = network.connect('newcomer', 'host').map((link) => splitLink(link).lobby);
        newcomer.addLink('host', here);
        host.addLink('newcomer', there);
      });
    }, 3_000);
    expect((await settled(described)).run_name).toBe('tales-transformer-1');
  });

  it('counts what it cannot read, and lives', async () => {
    const network = new MemoryNetwork();
    const lobby = new Lobby(nothing);
    const [here, there] = network.connect('a', 'b').map((link) => splitLink(link).lobby);
    lobby.addLink('b', here);
    there.send(new TextEncoder().encode('{'));
    there.send(Uint8Array.of(255, 254));
    there.send(new TextEncoder().encode('{"type":"presence","presence":{"role":"king"}}'));
    void there.sendFrame(Uint8Array.of(0x44, 0x4c, 9));
    there.send(
      encodeLobbyMessage({
        type: 'presence',
        presence: { role: 'guest', training: true, dataset: null, ending: null },
      }),
    );
    await vi.advanceTimersByTimeAsync(100);
    expect(lobby.malformed).toBe(4);
    expect(lobby.presences).toEqual([{ role: 'guest', training: true, dataset: null, ending: null }]);
  });
});

describe('the copy of a dataset', () => {
  it('comes from all who have it, whole', async () => {
    const data = await dataset([3_000_000, 70_000, 0, 2_500_000]);
    const [one, two] = [owner(data), owner(data)];
    const { newcomer } = room({ one, two, visitor: nothing }, { bandwidth: 4_000_000 });
    const store = new MemoryStore();
    const { manifest, seen } = await copy(newcomer, store);
    expect(manifest.row).toEqual(data.row);
    expect((await contentOf(store)).sort()).toEqual([...data.blobs.keys()].sort());
    expect(one.asked).toBeGreaterThan(1);
    expect(two.asked).toBeGreaterThan(1);
    expect(seen.at(-1)).toMatchObject({ done: 5_570_000, total: 5_570_000, sources: 2 });
  });

  it('does not ask again for what is here', async () => {
    const data = await dataset([400_000, 500_000, 600_000]);
    const host = owner(data);
    const store = new MemoryStore();
    const [[hash, blob]] = data.blobs;
    await store.keep({ hash, blob, bytes: blob.size });
    const { newcomer } = room({ host });
    const { seen } = await copy(newcomer, store);
    expect(host.asked).toBe(2);
    expect(seen[0].total).toBe(1_500_000);
    expect(store.rows.size).toBe(3);
  });

  it('goes on with the others when one of them dies', async () => {
    const data = await dataset([2_000_000, 2_000_000, 2_000_000]);
    const { network, newcomer } = room({ one: owner(data), two: owner(data) }, { bandwidth: 1_000_000 });
    setTimeout(() => network.crash('one'), 900);
    const store = new MemoryStore();
    await copy(newcomer, store);
    expect((await contentOf(store)).sort()).toEqual([...data.blobs.keys()].sort());
  });

  it('asks elsewhere when one of them falls silent', async () => {
    const data = await dataset([2_000_000, 2_000_000]);
    const { network, newcomer } = room({ one: owner(data), two: owner(data) }, { bandwidth: 1_000_000 });
    setTimeout(() => network.kill('one'), 900);
    const store = new MemoryStore();
    await copy(newcomer, store);
    expect(store.rows.size).toBe(2);
  });

  it('keeps nothing wrong: it finds who sends it, and takes the rest from others', async () => {
    const data = await dataset([2_500_000, 1_500_000]);
    const liar = owner(data, (blob) => new Blob([new Uint8Array(blob.size).fill(9)]));
    const { newcomer } = room({ liar, honest: owner(data) });
    const store = new MemoryStore();
    await copy(newcomer, store);
    expect((await contentOf(store)).sort()).toEqual([...data.blobs.keys()].sort());
  });

  it('gives up where only wrong bytes are to be had', async () => {
    const data = await dataset([100_000]);
    const liar = owner(data, (blob) => new Blob([new Uint8Array(blob.size)]));
    const { newcomer } = room({ liar });
    await expect(copy(newcomer, new MemoryStore())).rejects.toThrow('Nobody in the room sends the dataset any more.');
  });

  it('can be ended, and says why', async () => {
    const data = await dataset([3_000_000]);
    const { newcomer } = room({ host: owner(data) }, { bandwidth: 100_000 });
    setTimeout(() => newcomer.cancelCopy('The copy was cancelled.'), 1_000);
    await expect(copy(newcomer, new MemoryStore())).rejects.toThrow('The copy was cancelled.');
  });

  it('refuses a description that misses data', async () => {
    const data = await dataset([10, 20]);
    const host: LobbyContent = { ...owner(data), manifest: async () => ({ row: data.row, blobs: [] }) };
    const { newcomer } = room({ host });
    await expect(copy(newcomer, new MemoryStore())).rejects.toMatchObject({ kind: 'data' });
  });

  it('says that nobody has it', async () => {
    const { newcomer } = room({ visitor: nothing });
    await expect(copy(newcomer, new MemoryStore())).rejects.toThrow('Nobody in the room can hand out the dataset.');
  });
});
