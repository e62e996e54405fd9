import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import type { CodecConfig } from '../../../../src/peers/compression/codec';
import { createCodecSession } from '../../../../src/peers/compression/registry';
import type { CodecSession } from '../../../../src/peers/compression/session';
import { deal } from '../../../../src/peers/reduce/deal';
import type { VectorShape } from '../../../../src/peers/reduce/layout';
import { Phase, SUM_NODE, readFrame, writeFrame, type Frame, type Message } from '../../../../src/peers/wire/frame';
import { Group, pairwise, randomItems, randomShape } from '../../../helpers/reduction';

const sessionsOf = (config: CodecConfig, shape: VectorShape, members: number[]): Map<number, CodecSession> =>
  new Map(members.map((member) => [member, createCodecSession(config, shape)]));

/** As text: to compare arrays number by number takes long. */
const bits = (values: Float32Array): string => Buffer.from(values.slice().buffer).toString('base64');

const CONFIGS: CodecConfig[] = [
  { name: 'float32' },
  { name: 'float16' },
  { name: 'int8' },
  { name: 'powersgd', rank: 2 },
];

/** With matrices, of which one lies across two buckets. */
const MATRICES: VectorShape = {
  length: 5000,
  gradients: 4900,
  buckets: [
    [3000, 4900],
    [1000, 3000],
    [0, 1000],
    [4900, 5000],
  ],
  matrices: [
    { offset: 10, rows: 30, columns: 20 },
    { offset: 700, rows: 40, columns: 30 },
    { offset: 3000, rows: 60, columns: 30 },
    { offset: 4850, rows: 5, columns: 5 },
  ],
};

describe('a float32 exchange', () => {
  it('gives the bits of the canonical sum to all, however it is cut, dealt and delivered', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = randomStream(seed, 'exchange');
      const length = 1 + random.integer(6000);
      const shape = randomShape(length, random.integer(Math.min(400, length)), random);
      const items = 1 + random.integer(16);
      const vectors = randomItems(items, length, random);
      const members = Array.from({ length: 1 + random.integer(5) }, (_, i) => 3 * i + 2);
      const learners = random.uniform() < 0.3 ? [40] : [];
      const any = Array.from({ length: items }, () => members[random.integer(members.length)]);
      const shares = members.map(() => random.integer(5));
      const group = new Group({
        members,
        learners,
        deal: random.uniform() < 0.5 ? any : deal(items, members, shares),
        sessions: sessionsOf({ name: 'float32' }, shape, [...members, ...learners]),
        seed,
        twice: 0.2,
      });
      group.run(shape, (item) => vectors[item]);
      expect(group.done).toBe(members.length + learners.length);
      const reference = bits(pairwise(vectors));
      for (const exchange of group.exchanges.values()) {
        expect(exchange.done && exchange.finite).toBe(true);
        expect(bits(exchange.sum)).toBe(reference);
      }
      expect(new Set(group.drops).size).toBeLessThanOrEqual(1);
      expect(group.drops.every((reason) => reason === 'replayed')).toBe(true);
    }
  });

  it('keeps what was computed when a member is lost, and ends with the same bits', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = randomStream(seed, 'lost');
      const shape = randomShape(3000, 100, random);
      const items = 2 + random.integer(14);
      const vectors = randomItems(items, shape.length, random);
      const members = [1, 2, 3];
      const sessions = sessionsOf({ name: 'float32' }, shape, [...members, 9]);
      const dealt = deal(items, members, [3, 2, 4]);
      const first = new Group({ members, deal: dealt, sessions, seed });
      first.run(shape, (item) => vectors[item], random.integer(60));
      const carried = new Map(members.slice(1).map((member) => [member, first.exchanges.get(member)!.carryOver()]));
      const before = new Set(
        dealt.flatMap((member, item) => (member !== 1 && carried.get(member)!.complete(item) ? [item] : [])),
      );
      const again = dealt.map((member) => (member === 1 ? 2 + random.integer(2) : member));
      const second = new Group({ epoch: 2, members: [2, 3], learners: [9], deal: again, sessions, carried, seed });
      for (const exchange of second.exchanges.values()) {
        expect(exchange.missing().filter((item) => before.has(item))).toEqual([]);
      }
      second.run(shape, (item) => vectors[item]);
      for (const { done, sum } of second.exchanges.values()) {
        expect(done).toBe(true);
        expect(bits(sum)).toBe(bits(pairwise(vectors)));
      }
    }
  });

  it('computes again what was summed with items that went to another', () => {
    const shape: VectorShape = { length: 700, gradients: 700, buckets: [[0, 700]], matrices: [] };
    const vectors = randomItems(4, 700, randomStream(1, 'moved'));
    const sessions = sessionsOf({ name: 'float32' }, shape, [1, 2]);
    const first = new Group({ members: [1], deal: [1, 1, 1, 1], sessions, seed: 1 });
    for (const item of [0, 1, 2]) first.exchanges.get(1)!.contribute(item, 0, vectors[item].slice());
    const carried = new Map([[1, first.exchanges.get(1)!.carryOver()]]);
    const second = new Group({ epoch: 2, members: [1, 2], deal: [1, 2, 1, 2], sessions, carried, seed: 1 });
    expect(second.exchanges.get(1)!.missing()).toEqual([0]);
    second.run(shape, (item) => vectors[item]);
    expect(bits(second.exchanges.get(2)!.sum)).toBe(bits(pairwise(vectors)));
  });

  it('says squared norms of every contribution', () => {
    const shape = randomShape(2000, 0, randomStream(5, 'norms'));
    const vectors = randomItems(4, 2000, randomStream(5, 'items'));
    const group = new Group({
      members: [1, 2],
      deal: [1, 1, 2, 2],
      sessions: sessionsOf({ name: 'float32' }, shape, [1, 2]),
      seed: 3,
    });
    group.run(shape, (item) => vectors[item]);
    const total = [0, 0];
    for (const exchange of group.exchanges.values()) {
      expect(exchange.reduced).toBe(true);
      for (const [at, { squared }] of exchange.norms().entries()) total[at] += squared;
    }
    const squared = (a: Float32Array): number => a.reduce((sum, value) => sum + value * value, 0);
    expect(total[0] / squared(pairwise(vectors.slice(0, 2)))).toBeCloseTo(1, 9);
    expect(total[1] / squared(pairwise(vectors.slice(2)))).toBeCloseTo(1, 9);
  });
});

describe.each(CONFIGS)('an exchange in $name', (config) => {
  it('gives the same bits to all in any order of arrival, learners and members without items too', () => {
    let reference: string | null = null;
    const members = [1, 4, 6, 7];
    const vectors = randomItems(8, MATRICES.length, randomStream(2, 'same'));
    for (let seed = 0; seed < 8; seed++) {
      const sessions = sessionsOf(config, MATRICES, [...members, 20]);
      const groups: Group[] = [];
      for (let seq = 0; seq < 3; seq++) {
        const dealt = [1, 1, 1, 4, 4, 4, 4, 6];
        const group = new Group({ seq, members, learners: [20], deal: dealt, sessions, seed, twice: 0.1 });
        groups.push(group);
        group.run(MATRICES, (item) => vectors[item]);
        for (const session of sessions.values()) session.commit(seq);
      }
      for (const exchange of groups[2].exchanges.values()) {
        expect(exchange.done).toBe(true);
        reference ??= bits(exchange.sum);
        expect(bits(exchange.sum)).toBe(reference);
      }
    }
  });

  it('sends statistics as float32', () => {
    const vectors = randomItems(2, MATRICES.length, randomStream(3, 'statistics'));
    const group = new Group({ members: [1, 2], deal: [1, 2], sessions: sessionsOf(config, MATRICES, [1, 2]), seed: 0 });
    group.run(MATRICES, (item) => vectors[item]);
    for (const { sum } of group.exchanges.values()) {
      expect(bits(sum.subarray(4900))).toBe(bits(pairwise(vectors).subarray(4900)));
    }
  });

  it('needs no frames alone', () => {
    const vectors = randomItems(5, MATRICES.length, randomStream(4, 'alone'));
    const group = new Group({
      members: [3],
      deal: [3, 3, 3, 3, 3],
      sessions: sessionsOf(config, MATRICES, [3]),
      seed: 0,
    });
    group.run(MATRICES, (item) => vectors[item]);
    expect(group.exchanges.get(3)!.done).toBe(true);
    expect(group.sent.get(3)).toBe(0);
  });

  it('ends as not finite at all when one number is not, and remembers nothing of it', () => {
    for (const [seed, bad] of [NaN, Infinity, -Infinity, NaN].entries()) {
      const vectors = randomItems(4, MATRICES.length, randomStream(seed, 'bad'));
      const members = [1, 2, 3];
      const dealt = [1, 1, 2, 3];
      const sessions = sessionsOf(config, MATRICES, members);
      const clean = sessionsOf(config, MATRICES, members);
      const broken = vectors.map((vector) => vector.slice());
      broken[seed][1200] = bad;
      const first = new Group({ members, deal: dealt, sessions, seed });
      first.run(MATRICES, (item) => broken[item]);
      expect(first.done).toBe(3);
      for (const [member, exchange] of first.exchanges) {
        expect(exchange.done).toBe(true);
        expect(exchange.finite).toBe(false);
        expect(exchange.sum.every(Number.isNaN)).toBe(true);
        expect(exchange.missing()).toEqual([]);
        sessions.get(member)!.commit(0);
      }
      const next = new Group({ seq: 1, members, deal: dealt, sessions, seed });
      const reference = new Group({ seq: 1, members, deal: dealt, sessions: clean, seed });
      for (const group of [next, reference]) group.run(MATRICES, (item) => vectors[item]);
      expect(bits(next.exchanges.get(1)!.sum)).toBe(bits(reference.exchanges.get(1)!.sum));
    }
  });

  it('ends as not finite when finite numbers overflow in a sum', () => {
    const vectors = [0, 1, 2].map(() => new Float32Array(MATRICES.length).fill(3e38));
    const group = new Group({
      members: [1, 2],
      deal: [1, 1, 2],
      sessions: sessionsOf(config, MATRICES, [1, 2]),
      seed: 0,
    });
    group.run(MATRICES, (item) => vectors[item]);
    for (const { done, finite } of group.exchanges.values()) expect([done, finite]).toEqual([true, false]);
  });

  it('a step that is run again after a failure leaves no trace of the first attempt', () => {
    const vectors = randomItems(6, MATRICES.length, randomStream(8, 'again'));
    const members = [1, 2];
    const dealt = [1, 1, 1, 2, 2, 2];
    const result = (fail: boolean): string => {
      const sessions = sessionsOf(config, MATRICES, members);
      for (let seq = 0; seq < 2; seq++) {
        const first = new Group({ seq, members, deal: dealt, sessions, seed: 1 });
        first.run(MATRICES, (item) => vectors[item]);
        for (const session of sessions.values()) session.commit(seq);
      }
      let carried;
      if (fail) {
        const failed = new Group({ epoch: 2, seq: 2, members, deal: dealt, sessions, seed: 2 });
        failed.run(MATRICES, (item) => vectors[item], 20);
        carried = new Map(members.map((member) => [member, failed.exchanges.get(member)!.carryOver()]));
      }
      const last = new Group({ epoch: 3, seq: 2, members, deal: dealt, sessions, carried, seed: 3 });
      last.run(MATRICES, (item) => vectors[item]);
      expect(last.exchanges.get(2)!.done).toBe(true);
      return bits(last.exchanges.get(2)!.sum);
    };
    expect(result(true)).toBe(result(false));
  });
});

describe('what a group sends', () => {
  it.each([
    { name: 'float32', bytes: 8 },
    { name: 'float16', bytes: 4 },
    { name: 'int8', bytes: 2 },
  ] as const)('is within a tenth of the formula in $name', ({ name, bytes }) => {
    for (const n of [2, 4]) {
      const length = 200_000;
      const shape: VectorShape = {
        length,
        gradients: length,
        buckets: [
          [150_000, length],
          [40, 150_000],
          [0, 40],
        ],
        matrices: [],
      };
      const members = Array.from({ length: n }, (_, i) => i);
      const vectors = randomItems(1, length, randomStream(1, 'bytes'));
      const group = new Group({
        members,
        deal: deal(
          8,
          members,
          members.map(() => 1),
        ),
        sessions: sessionsOf({ name }, shape, members),
        seed: 0,
      });
      group.run(shape, () => vectors[0]);
      for (const sent of group.sent.values()) {
        const ratio = sent / (((n - 1) / n) * length * bytes);
        expect(ratio).toBeGreaterThan(0.98);
        expect(ratio).toBeLessThan(1.1);
      }
    }
  });
});

describe('frames that do not belong', () => {
  const shape: VectorShape = { length: 1000, gradients: 1000, buckets: [[0, 1000]], matrices: [] };
  const frameOf = (change: Partial<Message>): Frame => {
    const message: Message = {
      phase: Phase.reduce,
      epoch: 1,
      seq: 0,
      round: 0,
      bucket: 0,
      shard: 0,
      source: 2,
      node: 1,
      payload: new Uint8Array(2048),
      ...change,
    };
    const frame = readFrame(writeFrame(message, 0, new Uint8Array(65_536)));
    if (typeof frame === 'string') throw new Error(frame);
    return frame;
  };

  it('are dropped with a reason, and change nothing', () => {
    const group = new Group({
      members: [1, 2],
      deal: [1, 2],
      sessions: sessionsOf({ name: 'float32' }, shape, [1, 2]),
      seed: 0,
    });
    const one = group.exchanges.get(1)!;
    expect(one.receive(3, frameOf({ source: 3 }))).toBe('stranger');
    expect(one.receive(2, frameOf({ source: 1 }))).toBe('stranger');
    expect(one.receive(2, frameOf({ phase: Phase.gather, shard: 0, node: SUM_NODE }))).toBe('stranger');
    expect(one.receive(2, frameOf({ epoch: 0 }))).toBe('stale');
    expect(one.receive(2, frameOf({ seq: 7 }))).toBe('stale');
    expect(one.receive(2, frameOf({ round: 1 }))).toBe('stale');
    expect(one.receive(2, frameOf({ bucket: 1 }))).toBe('malformed');
    expect(one.receive(2, frameOf({ shard: 2 }))).toBe('malformed');
    expect(one.receive(2, frameOf({ shard: 1, payload: new Uint8Array(1952) }))).toBe('malformed');
    expect(one.receive(2, frameOf({ node: 0 }))).toBe('malformed');
    expect(one.receive(2, frameOf({ phase: Phase.state }))).toBe('malformed');
    expect(one.receive(2, frameOf({ payload: new Uint8Array(2047) }))).toBe('length');
    const nan = new Uint8Array(Float32Array.from({ length: 512 }, () => NaN).buffer);
    expect(one.receive(2, frameOf({ payload: nan }))).toBe('not_finite');
    const vectors = randomItems(2, 1000, randomStream(0, 'drops'));
    group.run(shape, (item) => vectors[item]);
    expect(bits(one.sum)).toBe(bits(pairwise(vectors)));
    expect(one.receive(2, frameOf({}))).toBe('replayed');
  });
});
