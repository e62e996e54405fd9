/** What is worked out from trials before it is drawn: ranks, surfaces, the nearest point. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../../../src/base/random';
import { GridIndex } from '../../../../../../src/ui/pages/sweep/charts/grid-index';
import { averageRanks, rankShades } from '../../../../../../src/ui/pages/sweep/charts/ranks';
import { interpolate, surfaceAt } from '../../../../../../src/ui/pages/sweep/charts/surface';

describe('ranks', () => {
  it('are those of scipy.stats.rankdata, less one', () => {
    // rankdata([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])
    expect([...averageRanks([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])].map((rank) => rank + 1)).toEqual([
      4.5, 1.5, 6, 1.5, 8, 11, 3, 10, 8, 4.5, 8,
    ]);
  });

  it('make the best 1 and the worst 0', () => {
    expect([...rankShades([10, 1e9, -3], 'minimize')]).toEqual([0.5, 0, 1]);
    expect([...rankShades([10, 1e9, -3], 'maximize')]).toEqual([0.5, 1, 0]);
    expect([...rankShades([7], 'minimize')]).toEqual([1]);
    expect([...rankShades([7, 7, 7], 'minimize')]).toEqual([0.5, 0.5, 0.5]);
    expect([...rankShades([], 'minimize')]).toEqual([]);
  });
});

describe('the surface', () => {
  it('meets lone points, lies halfway between two, and stays within their values', () => {
    const surface = interpolate({ x: [0.1, 0.9], y: [0.5, 0.5], z: [0, 1] });
    expect(surfaceAt(surface, 0.1, 0.5, false, false)).toBeCloseTo(0, 2);
    expect(surfaceAt(surface, 0.9, 0.5, false, false)).toBeCloseTo(1, 2);
    expect(surfaceAt(surface, 0.5, 0.5, false, false)).toBeCloseTo(0.5, 5);
    expect(surface.values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('has the weights that its formula gives', () => {
    const [x, y, z] = [
      [0.2, 0.7, 0.4],
      [0.3, 0.8, 0.9],
      [1, 5, 9],
    ];
    const surface = interpolate({ x, y, z });
    const [cx, cy] = [(10 + 0.5) / 48, (30 + 0.5) / 48];
    const weights = x.map((_, i) => ((x[i] - cx) ** 2 + (y[i] - cy) ** 2 + 0.02 ** 2) ** -2);
    const expected = weights.reduce((sum, w, i) => sum + w * z[i], 0) / weights.reduce((sum, w) => sum + w, 0);
    expect(surface.values[30 * 48 + 10]).toBeCloseTo(expected, 5);
  });

  it('is flat where all are equal, and with one point', () => {
    for (const n of [1, 5]) {
      const at = Array.from({ length: n }, (_, i) => i / n);
      const { values } = interpolate({ x: at, y: at, z: at.map(() => 0.25) });
      expect(values.every((value) => Math.abs(value - 0.25) < 1e-6)).toBe(true);
    }
  });

  it('passes over what is no number, and knows nothing of no points', () => {
    const { values } = interpolate({ x: [NaN, 0.5, 0.5], y: [0.5, 0.5, 0.2], z: [9, 1, NaN] });
    expect(values.every((value) => value === 1)).toBe(true);
    expect(interpolate({ x: [], y: [], z: [] }).values.every(Number.isNaN)).toBe(true);
  });

  it('mixes nothing across categories, and is empty where a choice has no trial', () => {
    const surface = interpolate({ x: [1 / 6, 0.5, 0.5], y: [0.5, 0.2, 0.8], z: [0, 1, 1] }, 3, null);
    expect(surface.columns).toBe(3);
    expect(surfaceAt(surface, 0.1, 0.9, true, false)).toBe(0);
    expect(surfaceAt(surface, 0.3334, 0.9, true, false)).toBe(1);
    expect(surfaceAt(surface, 0.9, 0.5, true, false)).toBeNaN();
  });
});

describe('the nearest point', () => {
  it('is the one that looking at all finds', () => {
    const random = randomStream(1);
    const x = Float32Array.from({ length: 800 }, () => random.uniform() * 300);
    const y = Float32Array.from({ length: 800 }, () => random.uniform() * 200);
    const index = new GridIndex(x, y, 300, 200);
    for (let query = 0; query < 200; query++) {
      const [px, py] = [random.uniform() * 340 - 20, random.uniform() * 240 - 20];
      let best = -1;
      let least = 14 ** 2;
      x.forEach((value, i) => {
        const distance = (value - px) ** 2 + (y[i] - py) ** 2;
        if (distance <= least) [best, least] = [i, distance];
      });
      expect(index.nearest(px, py, 14)).toBe(best);
    }
  });

  it('is one that is taken, of equals the last; none of none', () => {
    const index = new GridIndex(Float32Array.of(5, 5, 9), Float32Array.of(5, 5, 5), 20, 20);
    expect(index.nearest(5, 5, 10)).toBe(1);
    expect(index.nearest(5, 5, 10, (point) => point === 2)).toBe(2);
    expect(index.nearest(5, 5, 10, () => false)).toBe(-1);
    expect(new GridIndex(new Float32Array(), new Float32Array(), 0, 0).nearest(0, 0, 10)).toBe(-1);
  });
});
