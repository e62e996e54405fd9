import { describe, expect, it } from 'vitest';
import type { SearchSpaceInput } from '../../../../../src/config/search/space';
import { axisOf, type Axis } from '../../../../../src/sweeps/samplers/gp/axis';
import { spaceOf } from '../../../../helpers/studies';

type SpecInput = SearchSpaceInput[string];

const axis = (spec: SpecInput): Axis | null => axisOf(spaceOf({ key: spec }).parameters[0]);

describe('axes', () => {
  it('put numbers into [0, 1], logarithmic ones by their logarithm', () => {
    const rate = axis({ type: 'float', low: 1e-4, high: 1, log: true })!;
    expect(rate.encode(1e-2)).toBeCloseTo(0.5, 12);
    expect(rate.decode(0.25)).toBeCloseTo(1e-3, 12);
    expect(rate.neighbours(0.5)).toEqual([]);
    expect(rate.isSmooth).toBe(true);
    expect(rate.encode(2)).toBeNull();
    expect(rate.encode('0.1')).toBeNull();
    expect(rate.encode(undefined)).toBeNull();
  });

  it('round to steps and know the values beside', () => {
    const dropout = axis({ type: 'float', low: 0, high: 0.4, step: 0.1 })!;
    const at = dropout.encode(0.2)!;
    expect(dropout.isSmooth).toBe(false);
    expect(dropout.neighbours(at).map(dropout.decode)).toEqual([0, 0.1, 0.3, 0.4]);
    expect(dropout.neighbours(at)).toContain(dropout.encode(0.3));
    const width = axis({ type: 'int', low: 8, high: 1024, log: true })!;
    expect(width.isSmooth).toBe(true);
    expect(width.neighbours(width.encode(8)!).map(width.decode)).toEqual([9]);
    expect(width.neighbours(width.encode(100)!).map(width.decode)).toEqual([99, 101]);
    const layers = axis({ type: 'int', low: 1, high: 5, log: true })!;
    expect(layers.neighbours(layers.encode(2)!).map(layers.decode)).toEqual([1, 3, 4, 5]);
  });

  it('count choices, and leave out what has one value only', () => {
    const choice = axis({ type: 'categorical', choices: ['a', [1, 2], null] })!;
    expect(choice.encode([1, 2])).toBe(1);
    expect(choice.decode(2)).toBeNull();
    expect(choice.neighbours(1)).toEqual([0, 2]);
    expect(choice.encode('b')).toBeNull();
    expect(axis({ type: 'categorical', choices: ['only'] })).toBeNull();
    expect(axis({ type: 'int', low: 4, high: 4 })).toBeNull();
  });
});
