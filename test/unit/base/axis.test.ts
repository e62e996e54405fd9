import { describe, expect, it } from 'vitest';
import { axisTicks, formatTick } from '../../../src/base/axis';

describe('axisTicks', () => {
  it.each([
    [0, 1],
    [0.013, 0.92],
    [-3, 1234],
    [0, 1e6],
    [5, 5],
    [0, 0],
    [-1e-7, 1e-7],
    [1e9, 1e9 + 1],
  ])('holds [%d, %d] with a readable number of round ticks', (low, high) => {
    const axis = axisTicks(low, high, 6);
    expect(axis.min).toBeLessThanOrEqual(low);
    expect(axis.max).toBeGreaterThanOrEqual(high);
    expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
    expect(axis.ticks.length).toBeLessThanOrEqual(9);
    const mantissa = axis.step / 10 ** Math.floor(Math.log10(axis.step) + 1e-9);
    expect([1, 2, 5]).toContain(Math.round(mantissa));
    expect(new Set(axis.ticks.map((tick) => formatTick(tick, axis.step))).size).toBe(axis.ticks.length);
  });
});

describe('formatTick', () => {
  it('shows as many decimals as the step has', () => {
    expect(formatTick(0.30000000000000004, 0.1)).toBe('0.3');
    expect(formatTick(0.25, 0.05)).toBe('0.25');
    expect(formatTick(40, 20)).toBe('40');
    expect(formatTick(15000, 5000)).toBe('15 k');
    expect(formatTick(0, 0.1)).toBe('0');
  });
});
