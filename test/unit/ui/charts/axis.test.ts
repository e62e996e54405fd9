import { describe, expect, it } from 'vitest';
import { extent, layAxis, robustExtent, withAir } from '../../../../src/ui/charts/axis';

describe('an axis', () => {
  it('goes from values to pixels and back', () => {
    const axis = layAxis(0, 10, { from: 100, to: 300, space: 40 });
    expect(axis.toPixel(5)).toBe(200);
    expect(axis.toValue(250)).toBeCloseTo(7.5);
    expect(axis.ticks).toEqual([0, 2, 4, 6, 8, 10]);
  });

  it('logarithmic: decades are equally long, ticks are powers of ten', () => {
    const axis = layAxis(1e-5, 1e-1, { from: 0, to: 400, log: true, space: 60 });
    expect(axis.toPixel(1e-3)).toBeCloseTo(200);
    expect(axis.toValue(100)).toBeCloseTo(1e-4, 8);
    expect(axis.ticks).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
  });

  it('within one decade a logarithmic axis still has ticks', () => {
    expect(layAxis(0.21, 0.26, { from: 0, to: 400, log: true, space: 60 }).ticks.length).toBeGreaterThan(2);
  });

  it('of whole numbers has whole ticks, also where there are few', () => {
    expect(layAxis(-0.5, 2.5, { from: 0, to: 800, space: 60, whole: true }).ticks).toEqual([0, 1, 2]);
  });

  it('of no width is given some; decimal ticks are written as they are said', () => {
    const axis = layAxis(3, 3, { from: 0, to: 100, space: 40 });
    expect(axis.toPixel(3)).toBeCloseTo(50);
    expect(layAxis(0, 0.35, { from: 0, to: 200, space: 40 }).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  });
});

describe('the range that is shown', () => {
  const plain = Array.from({ length: 100 }, (_, i) => 1 + i / 100);

  it('is that of the finite values', () => {
    expect(extent([NaN, 3, -1, Infinity])).toEqual([-1, 3]);
    expect(extent([NaN])).toBeNull();
    expect(extent([-2, 5], true)).toEqual([5, 5]);
  });

  it('leaves out what would flatten the rest, and only that', () => {
    expect(robustExtent(plain)).toEqual([1, 1.99]);
    const [low, high] = robustExtent([...plain, 1e12])!;
    expect(low).toBe(1);
    expect(high).toBeGreaterThan(1.9);
    expect(high).toBeLessThan(3);
  });

  it('gets air, but does not go below zero for it', () => {
    expect(withAir([0, 10], false)[0]).toBe(0);
    expect(withAir([1, 100], true)[0]).toBeGreaterThan(0.5);
  });
});
