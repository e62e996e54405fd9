import { describe, expect, it } from 'vitest';
import { randomStream, shuffle } from '../../../../src/base/random';
import { MOST_FRAME } from '../../../../src/peers/transport/link';
import { Assembly } from '../../../../src/peers/wire/assembly';
import {
  CHUNK_BYTES,
  HEADER_BYTES,
  Phase,
  chunksOf,
  readFrame,
  writeFrame,
  type Message,
} from '../../../../src/peers/wire/frame';
import { FrameQueue } from '../../../../src/peers/wire/frame-queue';

const message = (length: number): Message => ({
  phase: Phase.gather,
  epoch: 4_000_000_000,
  seq: 70_000,
  round: 3,
  bucket: 65_000,
  shard: 15,
  source: 1234,
  node: 0xffff_ffff,
  payload: Uint8Array.from({ length }, (_, i) => i * 7),
});

const framesOf = (of: Message): Uint8Array[] =>
  Array.from({ length: chunksOf(of.payload.length) }, (_, i) => writeFrame(of, i, new Uint8Array(MOST_FRAME)).slice());

describe('a frame', () => {
  it('says what was written, at any place in memory', () => {
    for (const length of [0, 1, 1000, CHUNK_BYTES, CHUNK_BYTES + 1, 200_001]) {
      const sent = message(length);
      const assembly = new Assembly(new Uint8Array(length));
      for (const bytes of shuffle(framesOf(sent), randomStream(length, 'frames'))) {
        expect(bytes.length).toBeLessThanOrEqual(MOST_FRAME);
        const moved = new Uint8Array(bytes.length + 3);
        moved.set(bytes, 3);
        const frame = readFrame(moved.subarray(3));
        if (typeof frame === 'string') throw new Error(frame);
        const { phase, epoch, seq, round, bucket, shard, source, node, total } = frame;
        const { payload: _, ...header } = sent;
        expect({ phase, epoch, seq, round, bucket, shard, source, node }).toEqual(header);
        expect(total).toBe(length);
        expect(assembly.add(frame)).toBe(true);
        expect(assembly.add(frame)).toBe(false);
      }
      expect(assembly.complete).toBe(true);
      expect(Buffer.compare(assembly.bytes, sent.payload)).toBe(0);
    }
  });

  it('with any bit changed is not taken', () => {
    const [bytes] = framesOf(message(20));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bad = bytes.slice();
      bad[bit >>> 3] ^= 1 << (bit & 7);
      expect(['malformed', 'checksum', 'oversized']).toContain(readFrame(bad));
    }
  });

  it('cut, too long or made of nothing is not taken', () => {
    const [bytes] = framesOf(message(20));
    for (let length = 0; length < bytes.length; length++)
      expect(readFrame(bytes.subarray(0, length))).toBe('malformed');
    expect(readFrame(new Uint8Array(MOST_FRAME + 1))).toBe('oversized');
    const random = randomStream(1, 'noise');
    for (let i = 0; i < 200; i++) {
      const noise = Uint8Array.from({ length: random.integer(300) }, () => random.integer(256));
      noise.set([0x54, 0x4c, 1, 0].slice(0, noise.length));
      expect(typeof readFrame(noise)).toBe('string');
    }
    expect(HEADER_BYTES).toBe(40);
  });
});

describe('a queue of frames', () => {
  it('sends messages in order, one frame at a time, and drops what is not wanted any more', async () => {
    const sent: number[] = [];
    let busy = false;
    const link = {
      closed: false,
      sendFrame: async (bytes: Uint8Array) => {
        expect(busy).toBe(false);
        busy = true;
        const frame = readFrame(bytes);
        if (typeof frame === 'string') throw new Error(frame);
        await Promise.resolve();
        sent.push(frame.seq);
        busy = false;
      },
    };
    const queue = new FrameQueue(link);
    queue.push({ ...message(CHUNK_BYTES * 2), seq: 1 });
    queue.push({ ...message(10), seq: 2 });
    queue.push({ ...message(10), seq: 3 });
    queue.retain(({ seq }) => seq !== 2);
    expect(queue.bytes).toBe(CHUNK_BYTES * 2 + 10);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sent).toEqual([1, 1, 3]);
    queue.push({ ...message(10), seq: 4 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sent).toEqual([1, 1, 3, 4]);
  });

  it('gives up when its link closes', async () => {
    const link = {
      closed: false,
      sendFrame: () => {
        link.closed = true;
        return Promise.reject(new Error('closed'));
      },
    };
    const queue = new FrameQueue(link);
    queue.push(message(10));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(queue.bytes).toBe(0);
  });
});
