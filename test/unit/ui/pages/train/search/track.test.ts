import { describe, expect, it } from 'vitest';
import {
  fromTrack,
  niceStep,
  nudge,
  stepsOf,
  ticksOf,
  toTrack,
  trackOf,
  type Grid,
  type Track,
} from '../../../../../../src/ui/pages/train/search/track';

const any: Grid = { integer: false, step: null };
const whole: Grid = { integer: true, step: 1 };
const decades: Track = { from: 1e-6, to: 1, log: true };
const unit: Track = { from: 0, to: 1, log: false };
const free = { min: null, max: null };

describe('a track', () => {
  it('leaves room around the usual range, a decade on each side of a wide one', () => {
    expect(trackOf({ low: 1e-5, high: 1e-1 }, [1e-5, 1e-1], true, { min: 0, max: null })).toEqual(decades);
    expect(trackOf({ low: 16, high: 256 }, [16, 256], true, { min: 1, max: null })).toEqual({
      from: 4,
      to: 1024,
      log: true,
    });
    expect(trackOf({ low: 0, high: 0.5 }, [0, 0.5], false, { min: 0, max: 0.95 })).toEqual({
      from: 0,
      to: 0.75,
      log: false,
    });
  });

  it('ends at what the config takes, but reaches every value that is shown', () => {
    expect(trackOf({ low: 0, high: 0.8 }, [0, 0.8], false, { min: 0, max: 0.95 }).to).toBe(0.95);
    expect(trackOf({ low: 0, high: 0.8 }, [0, 3], false, { min: 0, max: 0.95 }).to).toBe(3);
    expect(trackOf({ low: 1e-5, high: 1e-1 }, [3e-9, 40], true, free)).toEqual({ from: 1e-9, to: 100, log: true });
  });

  it('does not move while the range is dragged inside it', () => {
    const usual = { low: 1e-5, high: 1e-1 };
    const before = trackOf(usual, [1e-5, 1e-1], true, free);
    for (const low of [1e-6, 1e-4, 0.05]) expect(trackOf(usual, [low, 0.1], true, free)).toEqual(before);
  });

  it('is never empty, and logarithmic only above zero', () => {
    expect(trackOf({ low: 2, high: 2 }, [2, 2], false, { min: 2, max: 2 })).toEqual({ from: 2, to: 3, log: false });
    const fromZero = trackOf({ low: 0, high: 0.5 }, [0, 0.5], true, { min: 0, max: 0.95 });
    expect(fromZero.from).toBeGreaterThan(0);
    expect(toTrack(fromZero, 0)).toBe(0);
  });
});

describe('values on a track', () => {
  it('lie by their logarithm where it is logarithmic', () => {
    expect(toTrack(decades, 1e-3)).toBeCloseTo(0.5);
    expect(toTrack(unit, 0.25)).toBe(0.25);
    expect(toTrack(unit, 7)).toBe(1);
    expect(toTrack(unit, -7)).toBe(0);
  });

  it('come back as round numbers, on the grid where there is one', () => {
    expect(fromTrack(decades, 0.5, any)).toBe(1e-3);
    expect(fromTrack(decades, 0.5123, any)).toBe(0.0012);
    expect(fromTrack(unit, 0.333, { integer: false, step: 0.05 })).toBe(0.35);
    expect(fromTrack({ from: 1, to: 1000, log: true }, 0.5, whole)).toBe(32);
    expect(fromTrack({ from: 0, to: 10, log: false }, 0.26, whole)).toBe(3);
    expect(fromTrack(decades, 4, any)).toBe(1);
  });

  it('there and back again is the same value', () => {
    for (const value of [1e-6, 1e-5, 2.5e-4, 0.01, 0.9, 1])
      expect(fromTrack(decades, toTrack(decades, value), any)).toBe(value);
    for (const value of [0, 0.05, 0.3, 0.65, 1])
      expect(fromTrack(unit, toTrack(unit, value), { integer: false, step: 0.05 })).toBe(value);
  });
});

describe('arrow keys', () => {
  it('walk through the digits of a logarithmic range, across powers of ten', () => {
    expect(nudge(decades, 1e-3, 1, any)).toBe(2e-3);
    expect(nudge(decades, 9e-3, 1, any)).toBe(0.01);
    expect(nudge(decades, 1e-3, -1, any)).toBe(9e-4);
    expect(nudge(decades, 0.015, 1, any)).toBe(0.02);
    expect(nudge(decades, 0.015, -1, any)).toBe(0.01);
    expect(nudge(decades, 1e-3, 1, any, true)).toBe(0.01);
    expect(nudge({ from: 1, to: 100, log: true }, 10, -1, whole)).toBe(9);
  });

  it('take a step of a linear one', () => {
    expect(nudge(unit, 0.3, 1, { integer: false, step: 0.05 })).toBe(0.35);
    expect(nudge(unit, 0.3, -1, { integer: false, step: 0.05 }, true)).toBe(-0.2);
    expect(nudge(unit, 0.3, 1, any)).toBe(0.31);
    expect(nudge(unit, 3, -1, whole)).toBe(2);
  });
});

describe('ticks', () => {
  const labels = (track: Track, most: number): string[] => ticksOf(track, most).map(({ label }) => label);

  it('are powers of ten, or parts of them where few decades leave room', () => {
    expect(labels(decades, 8)).toEqual(['1e-6', '1e-5', '0.0001', '0.001', '0.01', '0.1', '1']);
    expect(labels(decades, 4)).toEqual(['1e-6', '0.0001', '0.01', '1']);
    expect(labels({ from: 4, to: 1024, log: true }, 8)).toEqual(['5', '10', '20', '50', '100', '200', '500', '1000']);
  });

  it('are round on a linear track, and never more than there is room for', () => {
    expect(labels({ from: 0, to: 0.75, log: false }, 8)).toEqual([
      '0',
      '0.1',
      '0.2',
      '0.3',
      '0.4',
      '0.5',
      '0.6',
      '0.7',
    ]);
    for (let most = 2; most < 12; most++) {
      for (const track of [unit, decades, { from: -3, to: 17, log: false }, { from: 3, to: 40, log: true }])
        expect(ticksOf(track, most).length).toBeLessThanOrEqual(most);
    }
  });

  it('steps are dots where they are few', () => {
    expect(stepsOf({ low: 0, high: 0.5 }, 0.1, 20)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(stepsOf({ low: 0, high: 0.5 }, 0.01, 20)).toEqual([]);
    expect(stepsOf({ low: 0, high: 0.5 }, null, 20)).toEqual([]);
    expect([0.07, 2.4, 50, 1].map(niceStep)).toEqual([0.05, 2, 50, 1]);
  });
});
