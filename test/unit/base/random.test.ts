import { describe, expect, it } from 'vitest';
import { deriveSeed, randomStream, shuffle } from '../../../src/base/random';

const take = (n: number, ...keys: (string | number)[]): number[] => {
  const stream = randomStream(42, ...keys);
  return Array.from({ length: n }, () => stream.uniform());
};

describe('random streams', () => {
  it('repeat for the same seed and keys and differ for others', () => {
    expect(take(5, 'dropout', 1, 2)).toEqual(take(5, 'dropout', 1, 2));
    const firsts = new Set(
      [take(1, 'dropout', 1, 2), take(1, 'dropout', 2, 1), take(1, 'dropout', 12), take(1, 'shuffle', 1, 2)].map(
        ([x]) => x,
      ),
    );
    expect(firsts.size).toBe(4);
    expect(deriveSeed(1, 'a')).not.toBe(deriveSeed(2, 'a'));
  });

  it('are uniform in [0, 1) and uncorrelated between neighbouring keys', () => {
    const first = take(20_000, 'layer', 1);
    const second = take(20_000, 'layer', 2);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...first)).toBeLessThan(1);
    const mean = first.reduce((sum, x) => sum + x, 0) / first.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    const covariance = first.reduce((sum, x, i) => sum + (x - 0.5) * (second[i] - 0.5), 0) / first.length;
    expect(Math.abs(covariance * 12)).toBeLessThan(0.03);
  });

  it('draw integers without bias and normals with mean 0 and variance 1', () => {
    const stream = randomStream(7, 'test');
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[stream.integer(3)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(350);
    const normals = Array.from({ length: 30_000 }, () => stream.normal());
    const mean = normals.reduce((sum, x) => sum + x, 0) / normals.length;
    const variance = normals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normals.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  });

  it('shuffle is a permutation, the same for the same stream', () => {
    const order = shuffle(
      Uint32Array.from({ length: 100 }, (_, i) => i),
      randomStream(1, 'epoch', 3),
    );
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(order).toEqual(
      shuffle(
        Uint32Array.from({ length: 100 }, (_, i) => i),
        randomStream(1, 'epoch', 3),
      ),
    );
    expect(order).not.toEqual(Uint32Array.from({ length: 100 }, (_, i) => i));
  });
});
