import { expect, it } from 'vitest';
import { cutIntoShards, vectorShape } from '../../../../src/peers/reduce/layout';

it('cuts buckets at blocks, as even as they allow, each number once', () => {
  for (const members of [1, 2, 3, 4, 5, 16]) {
    const lengths = [1, 255, 256, 257, 5000, 100_000, 300, 300, 300];
    const load = new Array<number>(members).fill(0);
    for (const [bucket, shards] of cutIntoShards(lengths, members).entries()) {
      let at = 0;
      const sizes = shards.map(({ start, end }) => end - start);
      for (const [rank, { start, end }] of shards.entries()) {
        expect(start).toBe(at);
        if (start < end) expect(start % 256).toBe(0);
        at = end;
        load[rank] += Math.ceil((end - start) / 256);
      }
      expect(at).toBe(lengths[bucket]);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(256 + 255);
    }
    expect(Math.max(...load) - Math.min(...load)).toBeLessThanOrEqual(1);
  }
});

it('checks what a trainer brings', () => {
  const weights = new Float32Array(100);
  const statistics = new Float32Array(10);
  const setup = (buckets: [number, number][], matrices: { offset: number; rows: number; columns: number }[] = []) => ({
    state: { weights, statistics },
    buckets,
    matrices,
  });
  const good: [number, number][] = [
    [40, 100],
    [0, 40],
    [100, 110],
  ];
  expect(vectorShape(setup(good, [{ offset: 30, rows: 5, columns: 4 }]))).toMatchObject({
    length: 110,
    gradients: 100,
  });
  expect(() =>
    vectorShape(
      setup([
        [0, 40],
        [50, 110],
      ]),
    ),
  ).toThrow('gap');
  expect(() =>
    vectorShape(
      setup([
        [0, 40],
        [40, 110],
      ]),
    ),
  ).toThrow('gradients and statistics');
  expect(() => vectorShape(setup([[0, 100]]))).toThrow('end at 100');
  expect(() => vectorShape(setup(good, [{ offset: 90, rows: 5, columns: 4 }]))).toThrow('matrix');
});
