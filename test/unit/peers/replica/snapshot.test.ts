import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../../src/base/hash';
import { createReplica } from '../../../../src/peers/replica/replica';
import { CHUNK_BYTES, fromChunks, type Frozen } from '../../../../src/peers/replica/snapshot';
import { OPTIMIZERS, numbers, setupOf } from '../../../helpers/replica-case';

const lossScale = { initial: 64, growth: 2, backoff: 0.5, interval: 10 };
const make = () => createReplica(setupOf(OPTIMIZERS.adamw, 40_003, 7, { ema: 0.9, lossScale }));
const all = (frozen: Frozen): Uint8Array[] => Array.from({ length: frozen.chunks }, (_chunk, i) => frozen.chunk(i));
const scalars = {
  ...{ keep: 1, beta1: 0.9, fresh1: 0.1, beta2: 0.99, fresh2: 0.01 },
  step_size: 0.1,
  correction: 0.2,
  epsilon: 1,
};

describe('a frozen copy', () => {
  test('carries everything, and stays while the replica goes on', async () => {
    const replica = await make();
    replica.prepare(3, numbers(replica.length, 'sum'), scalars);
    replica.commit();
    const [state, hash] = [replica.state(), replica.hash];
    const frozen = replica.freeze();
    replica.prepare(4, numbers(replica.length, 'sum', 2), scalars);
    replica.commit();
    expect([frozen.seq, frozen.hash]).toEqual([3, hash]);
    const joined = fromChunks(all(frozen));
    expect(joined).toEqual(state);
    const other = await make();
    other.load(joined, frozen.seq);
    expect(other.hash).toBe(hash);
  });

  test('is cut into chunks of one size, of which each has its hash', async () => {
    const frozen = (await make()).freeze();
    expect(frozen.bytes).toBe(32 + 24 + 4 * (40_003 * 4 + 7));
    const chunks = all(frozen);
    expect(chunks.map(({ length }) => length)).toEqual([CHUNK_BYTES, CHUNK_BYTES, frozen.bytes - 2 * CHUNK_BYTES]);
    expect(await frozen.sha256()).toEqual(await Promise.all(chunks.map(sha256)));
    for (const index of [-1, 3, 0.5]) expect(() => frozen.chunk(index)).toThrow(RangeError);
  });

  test('has the same chunks on every peer', async () => {
    const [a, b] = [await make(), await make()];
    expect(await a.freeze().sha256()).toEqual(await b.freeze().sha256());
  });

  test('of a small model is one chunk', async () => {
    const replica = await createReplica(setupOf(OPTIMIZERS['plain sgd'], 1));
    const frozen = replica.freeze();
    expect(frozen.chunks).toBe(1);
    expect(fromChunks(all(frozen))).toEqual(replica.state());
  });

  test.each<[string, (chunks: Uint8Array[]) => Uint8Array[]]>([
    ['are too few', () => [new Uint8Array(3)]],
    ['begin with something else', (chunks) => chunks.slice(1)],
    ['of version 9', ([first, ...rest]) => [first.with(4, 9), ...rest]],
    ['header speaks of', (chunks) => chunks.slice(0, 2)],
    ['header speaks of', (chunks) => [...chunks, Uint8Array.of(0)]],
    ['header speaks of', ([first, ...rest]) => [first.with(12, 200), ...rest]],
    ['header speaks of', ([first, ...rest]) => [first.with(19, 255), ...rest]],
  ])('that is damaged is refused: they %s', async (problem, damage) => {
    const chunks = all((await make()).freeze());
    expect(() => fromChunks(damage(chunks))).toThrow(problem);
  });
});
