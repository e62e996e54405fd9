import { afterEach, describe, expect, it } from 'vitest';
import { ChannelLink } from '../../../../src/peers/transport/channel-link';
import { HIGH_WATER, MOST_FRAME, type Link } from '../../../../src/peers/transport/link';
import { channelPair, type ChannelPair } from './connections';
import type { WorkerReport, WorkerTask } from './link-worker';

const pairs: ChannelPair[] = [];
const workers: Worker[] = [];

afterEach(() => {
  for (const pair of pairs.splice(0)) {
    pair.drop('a');
    pair.drop('b');
  }
  for (const worker of workers.splice(0)) worker.terminate();
});

function makePair(bulk = 1, connections = 1): ChannelPair {
  const pair = channelPair(bulk, connections);
  pairs.push(pair);
  return pair;
}

async function linked(bulk = 1, connections = 1) {
  const pair = makePair(bulk, connections);
  const a = new ChannelLink(pair.a);
  const b = new ChannelLink(pair.b);
  await pair.connect();
  await Promise.all([a.opened, b.opened]);
  return { a, b, pair };
}

/** The next `count` things of a lane. */
function next(link: Link, lane: 'onMessage' | 'onFrame', count = 1): Promise<Uint8Array[]> {
  const got: Uint8Array[] = [];
  return new Promise((resolve) => {
    link[lane] = (bytes) => {
      got.push(bytes);
      if (got.length === count) resolve(got);
    };
  });
}

const closing = (link: Link): Promise<string> => new Promise((resolve) => (link.onClose = resolve));

/** Bytes that differ with their place and with `seed`. */
function pattern(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 17 + seed) & 255);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}

describe('messages', () => {
  it('arrive whole and in order, whatever their length', async () => {
    const { a, b } = await linked();
    const lengths = [1, 0, 61_440, 61_441, 5_000_000, 3, 122_880, 17_000_000, 1];
    const sent = lengths.map(pattern);
    const received = next(b, 'onMessage', lengths.length);
    for (const message of sent) a.send(message);
    const got = await received;
    expect(got.map(({ byteLength }) => byteLength)).toEqual(lengths);
    expect(got.map((message, i) => same(message, sent[i]))).toEqual(lengths.map(() => true));
  });

  it('may be overwritten once sent, and wait for the opening', async () => {
    const pair = makePair();
    const a = new ChannelLink(pair.a);
    const b = new ChannelLink(pair.b);
    const message = Uint8Array.of(5);
    a.send(message);
    message[0] = 6;
    a.send(message);
    const received = next(b, 'onMessage', 2);
    await pair.connect();
    expect((await received).map(([byte]) => byte)).toEqual([5, 6]);
  });

  it('are refused above 64 MiB', async () => {
    const { a } = await linked();
    expect(() => a.send(new Uint8Array(64 * 1024 * 1024 + 1))).toThrow('too long');
  });

  it('are not lost when the other end sets its handlers after the channels opened', async () => {
    const pair = makePair();
    const a = new ChannelLink(pair.a);
    a.send(Uint8Array.of(1));
    const sent = a.sendFrame(Uint8Array.of(2));
    const opened = new Promise((resolve) => (pair.b.control.onopen = resolve));
    await pair.connect();
    await opened;
    // The first word of `a` arrives at nobody.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const b = new ChannelLink(pair.b);
    const [[message], [frame]] = await Promise.all([next(b, 'onMessage'), next(b, 'onFrame')]);
    expect([message[0], frame[0]]).toEqual([1, 2]);
    await sent;
  });

  it('are kept while there is no handler', async () => {
    const { a, b } = await linked();
    const first = next(b, 'onMessage', 1);
    a.send(Uint8Array.of(1));
    await first;
    b.onMessage = null;
    a.send(Uint8Array.of(2));
    a.send(Uint8Array.of(3));
    await a.sendFrame(Uint8Array.of(4));
    await next(b, 'onFrame');
    expect((await next(b, 'onMessage', 2)).map(([byte]) => byte)).toEqual([2, 3]);
  });
});

describe.each([
  [1, 1],
  [4, 1],
  [2, 2],
])('frames on %i channels of %i connections', (bulk, connections) => {
  it('arrive once each, both ways, in bounded queues', async () => {
    const { a, b, pair } = await linked(bulk, connections);
    const count = 60;
    let most = 0;
    const send = async (link: Link, seed: number): Promise<void> => {
      const frame = new Uint8Array(MOST_FRAME);
      for (let i = 0; i < count; i++) {
        // Overwritten each time, as the contract allows.
        frame.fill(seed + i);
        await link.sendFrame(frame);
        most = Math.max(most, ...pair.a.bulk.map(({ bufferedAmount }) => bufferedAmount));
      }
    };
    const atB = next(b, 'onFrame', count);
    const atA = next(a, 'onFrame', count);
    await Promise.all([send(a, 0), send(b, 100)]);
    const check = (frames: Uint8Array[], seed: number): void => {
      const marks = frames.map((frame) => {
        expect(frame.byteLength).toBe(MOST_FRAME);
        expect(frame.every((byte) => byte === frame[0])).toBe(true);
        return frame[0];
      });
      expect(marks.toSorted((x, y) => x - y)).toEqual(Array.from({ length: count }, (_, i) => seed + i));
    };
    check(await atB, 0);
    check(await atA, 100);
    expect(most).toBeLessThan(HIGH_WATER + MOST_FRAME);
    expect(a.traffic.sent).toBe(b.traffic.received);
    // Two bytes say twice that each end is ready.
    expect(a.traffic.sent).toBe(count * MOST_FRAME + 2);
  });
});

describe('frames', () => {
  it('of a sender that does not wait all arrive, more than a channel’s queue holds', async () => {
    const { a, b } = await linked(2);
    const count = 300;
    const received = next(b, 'onFrame', count);
    const frame = new Uint8Array(MOST_FRAME);
    await Promise.all(Array.from({ length: count }, () => a.sendFrame(frame)));
    expect(await received).toHaveLength(count);
  });

  it('are refused above the longest', async () => {
    const { a } = await linked();
    await expect(a.sendFrame(new Uint8Array(MOST_FRAME + 1))).rejects.toThrow('too long');
  });
});

describe('closing', () => {
  it('tells both ends the reason, once, after the messages before it', async () => {
    const { a, b } = await linked(2, 2);
    const order: string[] = [];
    b.onMessage = ([byte]) => void order.push(`message ${byte}`);
    const closedB = new Promise<void>((resolve) => {
      b.onClose = (reason) => void (order.push(reason), resolve());
    });
    const reasons: string[] = [];
    a.onClose = (reason) => void reasons.push(reason);
    a.send(Uint8Array.of(1));
    a.close('The user left.');
    a.close('Again.');
    expect([a.closed, reasons]).toEqual([true, []]);
    await closedB;
    await Promise.all([a.gone, b.gone]);
    expect(order).toEqual(['message 1', 'The user left.']);
    expect(reasons).toEqual(['The user left.']);
    a.send(Uint8Array.of(2));
    await expect(b.sendFrame(Uint8Array.of(1))).rejects.toThrow('The user left.');
  });

  it('rejects the frames that wait', async () => {
    const { a } = await linked();
    const sending = Promise.allSettled(Array.from({ length: 40 }, () => a.sendFrame(new Uint8Array(MOST_FRAME))));
    a.close('Enough.');
    expect((await sending).at(-1)).toMatchObject({ status: 'rejected' });
  });

  it('is noticed when the other page goes without a word', async () => {
    const { a, pair } = await linked(1, 2);
    const reason = closing(a);
    pair.drop('b');
    expect(await reason).toContain('was lost');
    await a.gone;
  });

  it('before the opening rejects it', async () => {
    const pair = makePair();
    const a = new ChannelLink(pair.a);
    const reason = closing(a);
    a.close('Changed my mind.');
    await expect(a.opened).rejects.toThrow('Changed my mind.');
    expect(await reason).toBe('Changed my mind.');
  });
});

describe('the other end', () => {
  it.each([
    ['text', 'no control message', (channel: RTCDataChannel) => channel.send('hello')],
    ['an empty message', 'no control message', (channel: RTCDataChannel) => channel.send(new Uint8Array(0))],
    ['a piece that is too short', 'a wrong length', (channel: RTCDataChannel) => channel.send(Uint8Array.of(2, 1))],
    ['an unknown kind', 'unknown kind 77', (channel: RTCDataChannel) => channel.send(Uint8Array.of(77, 1))],
  ])('is left when it sends %s', async (_what, words, misbehave) => {
    const { a, pair } = await linked();
    const reason = closing(a);
    misbehave(pair.b.control);
    expect(await reason).toContain(words);
  });

  it('is left when it sends pieces without an end', async () => {
    const { a, pair } = await linked();
    const reason = closing(a);
    const piece = new Uint8Array(1 + 61_440).fill(2);
    const { control } = pair.b;
    const send = (): void => {
      while (control.readyState === 'open' && control.bufferedAmount < 1_000_000) control.send(piece);
    };
    control.bufferedAmountLowThreshold = 500_000;
    control.onbufferedamountlow = send;
    send();
    expect(await reason).toContain('above 67108864 bytes');
  });
});

describe('channels transferred while connecting', () => {
  it('carry frames and messages between two workers', async () => {
    const pair = makePair(2, 2);
    const start = (ends: ChannelPair['a'], task: WorkerTask): Promise<WorkerReport> => {
      const worker = new Worker(new URL('./link-worker.ts', import.meta.url), { type: 'module' });
      workers.push(worker);
      const report = new Promise<WorkerReport>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      worker.postMessage({ ...ends, ...task }, [ends.control, ...ends.bulk]);
      return report;
    };
    const sum = (count: number): number => (count * (count - 1)) / 2;
    const atA = start(pair.a, { send: 100, expect: 60 });
    const atB = start(pair.b, { send: 60, expect: 100 });
    await pair.connect();
    expect(await atA).toMatchObject({ sum: sum(60), greeting: 'hello', closed: 'All is there.' });
    expect(await atB).toMatchObject({ sum: sum(100), greeting: 'hello', closed: 'All is there.' });
  });
});
