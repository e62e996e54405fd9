import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import type { CodecConfig } from '../../../../src/peers/compression/codec';
import { createCodecSession } from '../../../../src/peers/compression/registry';
import type { VectorShape } from '../../../../src/peers/reduce/layout';
import { Versions } from '../../../../src/peers/compression/versions';
import { Group, pairwise, randomItems } from '../../../helpers/reduction';

const SHAPE: VectorShape = {
  length: 3000,
  gradients: 3000,
  buckets: [
    [1000, 3000],
    [0, 1000],
  ],
  matrices: [
    { offset: 0, rows: 30, columns: 40 },
    { offset: 1200, rows: 40, columns: 40 },
  ],
};

/** Runs steps, of which the first `workers` members compute the items; returns by step the sum that all took, and at the end what every member has left over. */
function train(
  config: CodecConfig,
  members: number[][],
  item: (seq: number, item: number) => Float32Array,
  workers = 9,
) {
  const all = [...new Set(members.flat())];
  const sessions = new Map(all.map((member) => [member, createCodecSession(config, SHAPE)]));
  const sums = members.map((now, seq) => {
    const deal = [0, 1, 2, 3, 4, 5].map((i) => now[i % Math.min(workers, now.length)]);
    const epoch = seq === 0 || members[seq - 1].join() === now.join() ? 1 : seq;
    const group = new Group({ epoch, seq, members: now, deal, sessions, seed: seq });
    group.run(SHAPE, (i) => item(seq, i));
    for (const member of now) sessions.get(member)!.commit(seq);
    return group.exchanges.get(now[0])!.sum.slice();
  });
  // What is left over is what a next step begins with.
  const left = all.map((member) => {
    const scheme = sessions.get(member)!.open({
      epoch: 1000,
      seq: 1000,
      member: true,
      contributes: true,
      sum: new Float32Array(SHAPE.length),
    });
    return scheme.streams.map(({ residual }) => residual?.slice() ?? new Float32Array(0));
  });
  return { sums, left };
}

describe('error feedback in int8', () => {
  const three = [1, 2, 3];
  const two = [1, 2];
  it.each<[string, number[][], number]>([
    ['in one view', [three, three, three, three], 9],
    ['when shards change hands', [three, two, two, two], 9],
    ['when an owner has no items', [three, three, three, three], 2],
  ])('sent + left over = gradients %s', (_, members, workers) => {
    const vectors = members.map((_, seq) => randomItems(6, SHAPE.length, randomStream(seq, 'gradients')));
    const { sums, left } = train({ name: 'int8' }, members, (seq, i) => vectors[seq][i], workers);
    for (const [bucket, [start, end]] of SHAPE.buckets.entries()) {
      for (let i = start; i < end; i++) {
        const sent = sums.reduce((sum, vector) => sum + vector[i], 0);
        const rest = left.reduce((sum, streams) => sum + streams[bucket][i - start], 0);
        const given = vectors.flat().reduce((sum, vector) => sum + vector[i], 0);
        const size = vectors.flat().reduce((sum, vector) => sum + Math.abs(vector[i]), 0);
        // Up to the digits that float32 sums lose; a residual that is left out is a thousand times as much.
        expect(Math.abs(sent + rest - given)).toBeLessThanOrEqual(size * 1e-6 + 1e-4);
      }
    }
  });

  it('makes the mean of many equal steps as exact as one likes', () => {
    const vectors = randomItems(6, SHAPE.length, randomStream(0, 'equal'));
    const steps = 40;
    const { sums } = train({ name: 'int8' }, new Array<number[]>(steps).fill([1, 2]), (_, i) => vectors[i]);
    const exact = pairwise(vectors);
    const distance = (sum: Float32Array): number =>
      Math.sqrt(sum.reduce((total, value, i) => total + (value - exact[i]) ** 2, 0));
    const mean = new Float32Array(SHAPE.length).map((_, i) => sums.reduce((sum, v) => sum + v[i], 0) / steps);
    expect(distance(mean)).toBeLessThan(distance(sums[0]) / 15);
  });
});

describe('PowerSGD', () => {
  const low = (rank: number, seed: number): Float32Array => {
    const random = randomStream(seed, 'low rank');
    const vector = new Float32Array(SHAPE.length);
    for (const { offset, rows, columns } of SHAPE.matrices) {
      for (let k = 0; k < rank; k++) {
        const a = Array.from({ length: rows }, () => random.normal());
        const b = Array.from({ length: columns }, () => random.normal());
        for (let i = 0; i < rows * columns; i++) vector[offset + i] += a[Math.floor(i / columns)] * b[i % columns];
      }
    }
    return vector;
  };

  it('gives a sum of its rank as it is', () => {
    const one = low(2, 1);
    const { sums } = train({ name: 'powersgd', rank: 4 }, [[1, 2]], () => one);
    for (const [i, value] of one.entries()) expect(sums[0][i]).toBeCloseTo(6 * value, 3);
  });

  it('gives in the mean of many steps what it leaves out of one', () => {
    const vectors = randomItems(6, SHAPE.length, randomStream(0, 'full rank')).map((v) => v.map((x) => Math.tanh(x)));
    const { sums } = train(
      { name: 'powersgd', rank: 4 },
      new Array<number[]>(60).fill([1, 2, 3]),
      (_, i) => vectors[i],
    );
    const exact = pairwise(vectors);
    const distance = (sum: Float32Array): number =>
      Math.sqrt(sum.reduce((total, value, i) => total + (value - exact[i]) ** 2, 0));
    const mean = exact.map((_, i) => sums.reduce((sum, v) => sum + v[i], 0) / sums.length);
    expect(distance(mean)).toBeLessThan(distance(sums[0]) / 3);
  });

  it('finds its way out of steps without gradients', () => {
    const one = low(1, 2);
    const { sums } = train({ name: 'powersgd', rank: 2 }, new Array<number[]>(3).fill([1, 2]), (seq) =>
      seq === 0 ? new Float32Array(SHAPE.length) : one,
    );
    for (const [i, value] of one.entries()) expect(sums[2][i]).toBeCloseTo(6 * value, 3);
  });

  it('sends what its two factors have', () => {
    const members = [0, 1];
    const shape: VectorShape = {
      length: 40_000,
      gradients: 40_000,
      buckets: [[0, 40_000]],
      matrices: [{ offset: 0, rows: 200, columns: 200 }],
    };
    const sessions = new Map(
      members.map((member) => [member, createCodecSession({ name: 'powersgd', rank: 4 }, shape)]),
    );
    const group = new Group({ members, deal: [0, 1], sessions, seed: 0 });
    const vectors = randomItems(2, shape.length, randomStream(0, 'factors'));
    group.run(shape, (i) => vectors[i]);
    const sent = [...group.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(sent / (2 * 4 * 2 * 4 * 200)).toBeLessThan(1.1);
  });
});

describe('memory of transactions', () => {
  it('is that of the last committed one, and of what is built on it', () => {
    const versions = new Versions(() => Float32Array.of(0));
    versions.begin(0)[0] = 1;
    versions.end(0);
    const next = versions.begin(1);
    expect(next[0]).toBe(1);
    next[0] = 2;
    versions.commit(0);
    versions.rollback(1);
    expect(versions.begin(1)[0]).toBe(1);
    versions.begin(1)[0] = 3;
    versions.end(1);
    versions.rollback(1);
    versions.commit(1);
    expect(versions.begin(2)[0]).toBe(1);
  });

  it('does not count a transaction that did not end', () => {
    const versions = new Versions(() => Float32Array.of(7));
    versions.begin(0)[0] = 8;
    expect(versions.begin(1)[0]).toBe(7);
    versions.commit(0);
    expect(versions.begin(1)[0]).toBe(7);
  });

  it('does not grow', () => {
    const session = createCodecSession({ name: 'int8' }, SHAPE);
    for (let seq = 0; seq < 100; seq++) {
      const sum = new Float32Array(SHAPE.length);
      session.open({ epoch: 1, seq, member: true, contributes: true, sum }).end(seq % 7 > 0);
      session.commit(seq);
    }
    expect(session.memory).toBeLessThanOrEqual(3 * 4 * SHAPE.gradients);
  });
});
