import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../../../src/base/hash';
import { ExampleRequests } from '../../../../src/peers/room/example-requests';
import type { ExampleSource } from '../../../../src/peers/room/example-server';
import { Lobby, type LobbyContent } from '../../../../src/peers/room/lobby';
import { decodeLobbyMessage, encodeLobbyMessage, type LobbyMessage } from '../../../../src/peers/room/lobby-messages';
import { splitLink } from '../../../../src/peers/room/split-link';
import { MemoryNetwork } from '../../../../src/peers/transport/memory-network';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HASH = 'ab'.repeat(32);
const WAIT_MS = 60_000;
const nothing: LobbyContent = {
  describe: async () => null,
  manifest: async () => null,
  checkpoint: async () => null,
  kept: async () => [],
  blob: async () => null,
};

interface Holder extends ExampleSource {
  asked: number[][];
}

/** Each example is 1000 bytes that tell its index. */
function holder(preparation = 'as all have it', answer?: (indices: readonly number[]) => Promise<Uint8Array>): Holder {
  const asked: number[][] = [];
  return {
    asked,
    async preparation() {
      const bytes = new TextEncoder().encode(preparation);
      return { hash: await sha256(bytes), bytes };
    },
    async examples(indices) {
      asked.push([...indices]);
      return answer?.(indices) ?? encoded(indices);
    },
  };
}

function encoded(indices: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(indices.length * 1000);
  indices.forEach((index, i) => bytes.fill(index & 255, i * 1000, (i + 1) * 1000));
  return bytes;
}

/** Of megabytes, compared at once. */
const isEncoded = (bytes: Uint8Array, of: ArrayLike<number>): boolean =>
  Buffer.compare(bytes, encoded(Array.from(of))) === 0;

/** A browser without the data, and others. */
function room() {
  const network = new MemoryNetwork({ latencyMs: 5 });
  const lobby = new Lobby(nothing);
  const requests = new ExampleRequests(lobby, HASH, WAIT_MS, () => undefined);
  const join = (id: string, role: 'host' | 'guest', source: ExampleSource | null): { leave: () => void } => {
    const other = new Lobby(nothing, async (hash) => (hash === null || hash === HASH ? source : null));
    other.announce({ role, training: true, dataset: source && HASH, ending: null });
    const [here, there] = network.connect('me', id).map((link) => splitLink(link).lobby);
    lobby.addLink(id, here);
    other.addLink('me', there);
    return { leave: () => there.close('It left.') };
  };
  return { requests, join };
}

const realTimeout = globalThis.setTimeout;

/** Waits under fake timers; hashing takes real time. */
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

const indices = Uint32Array.from({ length: 3000 }, (_, i) => (i * 7) % 2999);

describe('examples of others', () => {
  it('come from the host in the order that they were asked for, urgent ones first', async () => {
    const { requests, join } = room();
    const [host, guest] = [holder(), holder()];
    join('guest', 'guest', guest);
    join('host', 'host', host);
    expect(new TextDecoder().decode(await settled(requests.preparation()))).toBe('as all have it');
    const done: string[] = [];
    const ahead = requests.examples(0, indices, 1000, false).finally(() => done.push('ahead'));
    const more = requests.examples(1, indices, 1000, false).finally(() => done.push('more'));
    const urgent = requests.examples(2, indices.slice(0, 5), 1000, true).finally(() => done.push('urgent'));
    const [first, second, third] = await settled(Promise.all([ahead, more, urgent]));
    expect([isEncoded(first, indices), isEncoded(second, indices)]).toEqual([true, true]);
    expect(isEncoded(third, indices.slice(0, 5))).toBe(true);
    expect(done.indexOf('urgent')).toBeLessThan(done.indexOf('more'));
    expect(guest.asked).toEqual([]);
    // No answer is longer than a mebibyte.
    expect(Math.max(...host.asked.map(({ length }) => length))).toBeLessThanOrEqual(1048);
    expect(requests.traffic).toMatchObject({ received: 6_005_000, sources: 2, waiting: null });
    requests.close('The test is over.');
  });

  it('come from others who have them when the host is gone, and from nobody who has other data', async () => {
    const { requests, join } = room();
    const host = join(
      'host',
      'host',
      holder('as all have it', () => new Promise<Uint8Array>(() => undefined)),
    );
    await settled(requests.preparation());
    const wanted = requests.examples(0, indices, 1000, true);
    await vi.advanceTimersByTimeAsync(1_000);
    host.leave();
    const [strange, alike] = [holder('in another way'), holder()];
    join('strange', 'guest', strange);
    join('alike', 'guest', alike);
    expect(isEncoded(await settled(wanted), indices)).toBe(true);
    expect(strange.asked).toEqual([]);
    expect(alike.asked.length).toBeGreaterThan(0);
    requests.close('The test is over.');
  });

  it('are asked of others where the host is silent', async () => {
    const { requests, join } = room();
    join(
      'host',
      'host',
      holder('as all have it', () => new Promise<Uint8Array>(() => undefined)),
    );
    const other = holder();
    join('other', 'guest', other);
    await settled(requests.preparation());
    expect(await settled(requests.examples(0, indices.slice(0, 9), 1000, true))).toEqual(
      encoded([...indices.slice(0, 9)]),
    );
    expect(other.asked).toEqual([[...indices.slice(0, 9)]]);
    requests.close('The test is over.');
  });

  it('are waited for while nobody has them, with a sentence, and come once somebody is back', async () => {
    const { requests, join } = room();
    const host = join('host', 'host', holder());
    await settled(requests.preparation());
    host.leave();
    await vi.advanceTimersByTimeAsync(100);
    const wanted = requests.examples(0, indices.slice(0, 5), 1000, true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(requests.traffic.waiting).toMatch(/^Nobody who has the data/);
    join('back', 'host', holder());
    expect(await settled(wanted)).toEqual(encoded([...indices.slice(0, 5)]));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests.traffic.waiting).toBeNull();
    requests.close('The test is over.');
  });

  it('are given up after as long as a group waits, and soon by one who is to leave', async () => {
    const { requests } = room();
    const told = requests.preparation();
    told.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(WAIT_MS - 1_000);
    expect(requests.traffic.waiting).not.toBeNull();
    await vi.advanceTimersByTimeAsync(2_000);
    await expect(told).rejects.toMatchObject({ kind: 'group' });
    const again = requests.preparation();
    again.catch(() => undefined);
    requests.hurry();
    await vi.advanceTimersByTimeAsync(6_000);
    await expect(again).rejects.toThrow('Nobody who has the data');
    requests.close('The test is over.');
  });

  it('that are dropped are not asked for', async () => {
    const { requests, join } = room();
    const host = holder();
    join('host', 'host', host);
    await settled(requests.preparation());
    const calls = Array.from({ length: 8 }, (_, i) => requests.examples(i, indices.slice(0, 1000), 1000, false));
    for (const call of calls) call.catch(() => undefined);
    for (let i = 4; i < 8; i++) requests.drop(i);
    await settled(Promise.all(calls.slice(0, 4)));
    await expect(calls[5]).rejects.toThrow('not wanted');
    expect(host.asked).toHaveLength(4);
    requests.close('The test is over.');
  });

  it('are not had from those who refuse, and no answer is longer than what was asked for', async () => {
    const { requests, join } = room();
    join(
      'host',
      'host',
      holder('as all have it', async () => Promise.reject(new Error('The disk broke.'))),
    );
    await settled(requests.preparation());
    const wanted = requests.examples(0, indices.slice(0, 5), 1000, true);
    await expect(settled(wanted)).rejects.toThrow('The disk broke.');
    join(
      'greedy',
      'host',
      holder('as all have it', async (asked) => encoded([...asked, ...asked])),
    );
    const honest = holder();
    join('honest', 'guest', honest);
    expect(isEncoded(await settled(requests.examples(1, indices.slice(0, 60), 1000, true)), indices.slice(0, 60))).toBe(
      true,
    );
    expect(honest.asked).toHaveLength(1);
    requests.close('The test is over.');
  });
});

describe('messages about examples', () => {
  const read = (message: unknown) => decodeLobbyMessage(new TextEncoder().encode(JSON.stringify(message)));

  it('are validated', () => {
    const want: LobbyMessage = { type: 'want_examples', ticket: 1, indices: [3, 0, 2] };
    expect(decodeLobbyMessage(encodeLobbyMessage(want))).toEqual(want);
    expect(read({ ...want, indices: [] })).toBeNull();
    expect(read({ ...want, indices: [-1] })).toBeNull();
    expect(read({ ...want, indices: [1.5] })).toBeNull();
    expect(read({ ...want, indices: Array.from({ length: 4097 }, (_, i) => i) })).toBeNull();
    const told = { type: 'preparation', ticket: 1, blob: { hash: HASH, bytes: 2 ** 30 }, reason: null };
    expect(read(told)).toBeNull();
    expect(read({ ...told, blob: { hash: HASH, bytes: 100 } })).not.toBeNull();
  });
});
