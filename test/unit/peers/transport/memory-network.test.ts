import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Link } from '../../../../src/peers/transport/link';
import { MemoryNetwork, type NetworkConditions } from '../../../../src/peers/transport/memory-network';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What arrives at a link, with the time of it. */
function record(link: Link): { messages: number[]; frames: number[]; times: number[]; closed: string[] } {
  const seen = { messages: [] as number[], frames: [] as number[], times: [] as number[], closed: [] as string[] };
  const started = performance.now();
  link.onMessage = (message) => {
    seen.messages.push(message[0]);
    seen.times.push(performance.now() - started);
  };
  link.onFrame = (frame) => {
    seen.frames.push(frame[0]);
    seen.times.push(performance.now() - started);
  };
  link.onClose = (reason) => void seen.closed.push(reason);
  return seen;
}

function pair(conditions: Partial<NetworkConditions> = {}) {
  const network = new MemoryNetwork(conditions);
  const [a, b] = network.connect('a', 'b');
  return { network, a, b, atA: record(a), atB: record(b) };
}

const numbered = (count: number, bytes = 1): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new Uint8Array(bytes).fill(i));

describe('a perfect network', () => {
  it('delivers both lanes in a later task, as copies, and counts the bytes', async () => {
    const { a, b, atB } = pair();
    const message = Uint8Array.of(7);
    a.send(message);
    const sent = a.sendFrame(Uint8Array.of(9, 9));
    message[0] = 0;
    await sent;
    expect([atB.messages, atB.frames]).toEqual([[], []]);
    await vi.runAllTimersAsync();
    expect([atB.messages, atB.frames]).toEqual([[7], [9]]);
    expect(a.traffic).toEqual({ sent: 3, received: 0 });
    expect(b.traffic).toEqual({ sent: 0, received: 3 });
  });
});

describe('handlers', () => {
  it('get what arrived while there were none, in order', async () => {
    const { a, b } = pair();
    b.onMessage = null;
    for (const message of numbered(3)) a.send(message);
    await vi.runAllTimersAsync();
    const { messages } = record(b);
    a.send(Uint8Array.of(3));
    expect(messages).toEqual([]);
    await vi.runAllTimersAsync();
    expect(messages).toEqual([0, 1, 2, 3]);
  });
});

describe('the handler of closing', () => {
  it('is told when it is set after the link closed, and only one is', async () => {
    const { a, b } = pair();
    b.onClose = null;
    a.close('Done.');
    await vi.runAllTimersAsync();
    const first = record(b);
    await vi.runAllTimersAsync();
    const second = record(b);
    await vi.runAllTimersAsync();
    expect([first.closed, second.closed]).toEqual([['Done.'], []]);
  });
});

describe('conditions', () => {
  it('delays by the latency', async () => {
    const { a, atB } = pair({ latencyMs: 50 });
    a.send(Uint8Array.of(1));
    await vi.advanceTimersByTimeAsync(49);
    expect(atB.messages).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(atB.messages).toEqual([1]);
  });

  it('holds senders back and carries as many bytes a second as the wire does', async () => {
    const { a, atB } = pair({ bandwidth: 1_000_000, latencyMs: 5 });
    let accepted = 0;
    const sending = (async () => {
      for (const frame of numbered(32, 62_500)) {
        await a.sendFrame(frame);
        accepted++;
      }
    })();
    await vi.advanceTimersByTimeAsync(1);
    expect(accepted).toBeLessThan(8);
    await vi.runAllTimersAsync();
    await sending;
    expect(atB.frames).toHaveLength(32);
    // 2 MB at 1 MB/s.
    expect(atB.times.at(-1)).toBeGreaterThanOrEqual(2_000);
    expect(atB.times.at(-1)).toBeLessThan(2_020);
  });

  it('lets control messages pass frames that wait for the wire', async () => {
    const { a, b } = pair({ bandwidth: 1_000_000 });
    const order: string[] = [];
    b.onMessage = () => void order.push('message');
    b.onFrame = () => void order.push('frame');
    for (const frame of numbered(4, 62_500)) void a.sendFrame(frame);
    a.send(Uint8Array.of(1));
    await vi.runAllTimersAsync();
    expect(order).toEqual(['frame', 'message', 'frame', 'frame', 'frame']);
  });

  it('keeps the order of control messages and loses nothing under jitter and loss', async () => {
    const { a, atB } = pair({ latencyMs: 20, jitterMs: 30, loss: 0.2, seed: 3 });
    for (const message of numbered(100)) a.send(message);
    for (const frame of numbered(100)) void a.sendFrame(frame);
    await vi.runAllTimersAsync();
    expect(atB.messages).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(atB.frames.toSorted((x, y) => x - y)).toEqual(atB.messages);
    // Some needed a second trip.
    expect(atB.times.at(-1)).toBeGreaterThan(60);
  });

  it('reorders frames, the same way for the same seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const { a, atB } = pair({ reorder: 0.3, seed });
      for (const frame of numbered(50)) void a.sendFrame(frame);
      await vi.runAllTimersAsync();
      return atB.frames;
    };
    const first = await run(1);
    expect(first).not.toEqual(first.toSorted((x, y) => x - y));
    expect(first).toHaveLength(50);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });
});

describe('failures', () => {
  it('holds everything during a cut, what was under way included, and delivers it after healing', async () => {
    const { network, a, atB, atA, b } = pair({ latencyMs: 10 });
    a.send(Uint8Array.of(1));
    await vi.advanceTimersByTimeAsync(5);
    network.cut(['a'], ['b', 'c']);
    a.send(Uint8Array.of(2));
    b.send(Uint8Array.of(3));
    void a.sendFrame(Uint8Array.of(4));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([atA.messages, atB.messages, atB.frames, atB.closed]).toEqual([[], [], [], []]);
    a.send(Uint8Array.of(5));
    network.heal();
    a.send(Uint8Array.of(6));
    await vi.runAllTimersAsync();
    expect(atB.messages).toEqual([1, 2, 5, 6]);
    expect([atA.messages, atB.frames]).toEqual([[3], [4]]);
  });

  it('cuts only between the groups', async () => {
    const network = new MemoryNetwork();
    const [a, b] = network.connect('a', 'b');
    const [, c] = network.connect('x', 'c');
    const seen = record(b);
    network.cut(['a', 'b'], ['c']);
    a.send(Uint8Array.of(1));
    c.send(Uint8Array.of(1));
    await vi.runAllTimersAsync();
    expect(seen.messages).toEqual([1]);
  });

  it('tells of a close only after a cut is healed', async () => {
    const { network, a, atB } = pair();
    network.cut(['a'], ['b']);
    a.close('Enough.');
    await vi.runAllTimersAsync();
    expect(atB.closed).toEqual([]);
    network.heal();
    await vi.runAllTimersAsync();
    expect(atB.closed).toEqual(['Enough.']);
  });

  it('kills in silence: senders fill their queue and wait, until they close', async () => {
    const { network, a, b, atA, atB } = pair();
    network.kill('b');
    b.send(Uint8Array.of(1));
    a.send(Uint8Array.of(1));
    let accepted = 0;
    let refusal: unknown = null;
    const sending = (async () => {
      for (const frame of numbered(8, 65_536)) {
        await a.sendFrame(frame);
        accepted++;
      }
    })().catch((error: unknown) => (refusal = error));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([accepted, a.closed, atA.messages, atB.messages, atA.closed]).toEqual([3, false, [], [], []]);
    a.close('Not heard of.');
    await sending;
    expect(String(refusal)).toContain('Not heard of.');
    expect([atA.closed, atB.closed]).toEqual([['Not heard of.'], []]);
  });

  it('crashes: the others are told, the peer itself hears nothing', async () => {
    const { network, a, b, atA, atB } = pair({ latencyMs: 10 });
    b.send(Uint8Array.of(1));
    network.crash('b');
    a.send(Uint8Array.of(2));
    await vi.runAllTimersAsync();
    // What had left arrives.
    expect(atA.messages).toEqual([1]);
    expect(atA.closed).toEqual(['The connection to b was lost.']);
    expect([atB.messages, atB.closed, a.closed, b.closed]).toEqual([[], [], true, true]);
  });
});

describe('closing', () => {
  it('delivers control messages sent before, tells both sides once, then refuses', async () => {
    const { a, b, atA, atB } = pair({ latencyMs: 5 });
    a.send(Uint8Array.of(1));
    a.close('Done.');
    expect(atA.closed).toEqual([]);
    a.close('Again.');
    b.send(Uint8Array.of(2));
    a.send(Uint8Array.of(3));
    await expect(a.sendFrame(Uint8Array.of(4))).rejects.toThrow('closed');
    await vi.runAllTimersAsync();
    b.close('Late.');
    await vi.runAllTimersAsync();
    expect(atB.messages).toEqual([1]);
    expect([atA.closed, atB.closed, atA.messages]).toEqual([['Done.'], ['Done.'], []]);
  });
});
