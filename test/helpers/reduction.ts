/** A group of exchanges in one place, whose frames arrive in an order of the seed's choice, some of them twice. */
import { randomStream, shuffle, type RandomStream } from '../../src/base/random';
import type { CodecSession } from '../../src/peers/compression/session';
import type { Contributions } from '../../src/peers/reduce/contributions';
import type { Deal } from '../../src/peers/reduce/deal';
import { Exchange } from '../../src/peers/reduce/exchange';
import type { VectorShape } from '../../src/peers/reduce/layout';
import type { DropReason } from '../../src/peers/status';
import { MOST_FRAME } from '../../src/peers/transport/link';
import { chunksOf, readFrame, writeFrame } from '../../src/peers/wire/frame';

export interface Reduction {
  epoch?: number;
  seq?: number;
  members: number[];
  learners?: number[];
  deal: Deal;
  sessions: Map<number, CodecSession>;
  carried?: Map<number, Contributions>;
  seed: number;
  /** Share of frames that arrive twice. */
  twice?: number;
}

/** What waits to arrive. */
interface Arrival {
  from: number;
  to: number;
  bytes: Uint8Array;
}

export class Group {
  readonly exchanges = new Map<number, Exchange>();
  readonly sent = new Map<number, number>();
  readonly drops: DropReason[] = [];
  done = 0;
  private readonly waiting: Arrival[] = [];
  private readonly random: RandomStream;

  constructor({ epoch = 1, seq = 0, members, learners = [], deal, sessions, carried, seed, twice = 0 }: Reduction) {
    this.random = randomStream(seed, 'arrivals');
    for (const me of [...members, ...learners]) {
      this.sent.set(me, 0);
      const exchange = new Exchange({
        epoch,
        seq,
        me,
        members,
        learners,
        deal,
        session: sessions.get(me)!,
        carried: carried?.get(me),
        send: (to, message) => {
          for (let chunk = 0; chunk < chunksOf(message.payload.length); chunk++) {
            const bytes = writeFrame(message, chunk, new Uint8Array(MOST_FRAME)).slice();
            this.sent.set(me, this.sent.get(me)! + bytes.length);
            for (let copy = this.random.uniform() < twice ? 2 : 1; copy > 0; copy--) {
              this.waiting.push({ from: me, to, bytes });
            }
          }
        },
        onDone: () => this.done++,
      });
      this.exchanges.set(me, exchange);
    }
    for (const exchange of this.exchanges.values()) exchange.start();
  }

  /** Lets one frame arrive, any of those under way. False: there is none. */
  arrive(): boolean {
    if (this.waiting.length === 0) return false;
    const at = this.random.integer(this.waiting.length);
    const [{ from, to, bytes }] = this.waiting.splice(at, 1);
    const frame = readFrame(bytes);
    if (typeof frame === 'string') throw new Error(frame);
    const drop = this.exchanges.get(to)!.receive(from, frame);
    if (drop) this.drops.push(drop);
    return true;
  }

  /** Contributes all that is missing, items and buckets and arrivals mixed, until nothing is under way. */
  run(shape: VectorShape, item: (item: number) => Float32Array, most = Infinity): void {
    const work = [...this.exchanges].flatMap(([me, exchange]) =>
      exchange.missing().flatMap((i) => shape.buckets.map((_, bucket) => ({ me, item: i, bucket }))),
    );
    shuffle(work, this.random);
    let steps = 0;
    while (steps++ < most) {
      const next = this.random.uniform() < 0.5 ? work.pop() : undefined;
      if (next) {
        const [start, end] = shape.buckets[next.bucket];
        this.exchanges.get(next.me)!.contribute(next.item, next.bucket, item(next.item).slice(start, end));
      } else if (!this.arrive() && work.length === 0) return;
    }
  }
}

/** Cuts `length` numbers, of which the last `statistics` are one bucket, into buckets at random, and mixes them. */
export function randomShape(length: number, statistics: number, random: RandomStream): VectorShape {
  const gradients = length - statistics;
  const buckets: [number, number][] = [];
  for (let at = 0; at < gradients;) {
    const end = Math.min(gradients, at + 1 + random.integer(random.uniform() < 0.5 ? 300 : 3000));
    buckets.push([at, end]);
    at = end;
  }
  shuffle(buckets, random);
  if (statistics > 0) buckets.push([gradients, length]);
  return { length, gradients, buckets, matrices: [] };
}

/** Vectors of items: numbers of many sizes, so that the order of a sum shows. */
export function randomItems(items: number, length: number, random: RandomStream): Float32Array[] {
  return Array.from({ length: items }, () =>
    Float32Array.from({ length }, () => random.normal() * 10 ** (random.integer(6) - 3)),
  );
}

/** The canonical sum, said again without the code that is tested: halves at a power of two, in float32. */
export function pairwise(items: readonly Float32Array[]): Float32Array {
  if (items.length === 1) return items[0];
  const half = 2 ** (Math.ceil(Math.log2(items.length)) - 1);
  const left = pairwise(items.slice(0, half));
  const right = pairwise(items.slice(half));
  return left.map((value, i) => Math.fround(value + right[i]));
}
