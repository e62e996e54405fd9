import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { parameterSpec } from '../../../../src/config/search/space';
import { cardinality, contains, sameValue } from '../../../../src/config/search/ranges';
import {
  distributionOf,
  fromAxis,
  fromInternal,
  interval,
  toAxis,
  toInternal,
  type Distribution,
  type NumericDistribution,
} from '../../../../src/sweeps/space/distribution';

/** As the config writes it. */
const of = (spec: v.InferInput<typeof parameterSpec>): Distribution => distributionOf(v.parse(parameterSpec, spec));

function numeric(spec: v.InferInput<typeof parameterSpec>): NumericDistribution {
  const distribution = of(spec);
  if (distribution.type === 'categorical') throw new Error('These are choices.');
  return distribution;
}

const FLOAT = numeric({ type: 'float', low: -1, high: 3 });
const LOG = numeric({ type: 'float', low: 1e-4, high: 1e-1, log: true });
const STEPS = numeric({ type: 'float', low: 0.1, high: 0.75, step: 0.2 });
const INT = numeric({ type: 'int', low: 2, high: 9, step: 3 });
const LOG_INT = numeric({ type: 'int', low: 16, high: 512, log: true });
const CHOICES = of({ type: 'categorical', choices: ['a', [1, 2], null, 3] });

describe('distributionOf', () => {
  it('ends at the last value that steps reach, in decimals as they are written', () => {
    expect(STEPS.high).toBe(0.7);
    expect(INT.high).toBe(8);
    expect(numeric({ type: 'float', low: 0.7, high: 0.8, step: 0.1 }).high).toBe(0.8);
    expect(numeric({ type: 'float', low: 0, high: 0.3, step: 0.1 }).high).toBe(0.3);
  });

  it('makes choices of booleans', () => {
    expect(of({ type: 'bool' })).toEqual({ type: 'categorical', choices: [false, true] });
  });
});

describe('cardinality', () => {
  it.each<[Distribution, number]>([
    [FLOAT, Infinity],
    [LOG, Infinity],
    [STEPS, 4],
    [INT, 3],
    [LOG_INT, 497],
    [CHOICES, 4],
    [of({ type: 'float', low: 2, high: 2 }), 1],
    [of({ type: 'float', low: 0, high: 0.9, step: 0.1 }), 10],
    [of({ type: 'float', low: 0, high: 0.05, step: 0.1 }), 1],
    [of({ type: 'int', low: 5, high: 5 }), 1],
    [of({ type: 'bool' }), 2],
  ])('of %j is %d', (distribution, expected) => {
    expect(cardinality(distribution)).toBe(expected);
  });
});

describe('contains', () => {
  it.each<[Distribution, unknown[], unknown[]]>([
    [FLOAT, [-1, 0.123, 3], [-1.01, 3.01, NaN, '0', null, true]],
    [LOG, [1e-4, 0.05, 0.1], [0, 0.2]],
    [STEPS, [0.1, 0.3, 0.1 + 0.2, 0.7], [0.2, 0.75, 0.9]],
    [INT, [2, 5, 8], [3, 9, 2.5, 11]],
    [LOG_INT, [16, 100, 512], [15, 100.5, 513]],
    [CHOICES, ['a', [1, 2], null, 3], ['b', [2, 1], [1], '3', 0]],
    [of({ type: 'bool' }), [true, false], [0, 'true']],
  ])('%j', (distribution, inside, outside) => {
    const holds = (value: unknown): boolean => contains(distribution, value as never);
    expect(inside.filter((value) => !holds(value))).toEqual([]);
    expect(outside.filter(holds)).toEqual([]);
  });
});

describe('internal values', () => {
  it('are numbers themselves and the places of choices', () => {
    expect(toInternal(FLOAT, 0.5)).toBe(0.5);
    expect(toInternal(CHOICES, [1, 2])).toBe(1);
    expect(toInternal(CHOICES, 'nothing')).toBe(-1);
    expect(toInternal(FLOAT, 'nothing')).toBeNaN();
    expect(fromInternal(CHOICES, 1)).toEqual([1, 2]);
    expect(fromInternal(FLOAT, 0.5)).toBe(0.5);
  });

  it('tell lists by their content', () => {
    expect(sameValue([1, ['a']], [1, ['a']])).toBe(true);
    expect(sameValue([1], 1)).toBe(false);
    expect(sameValue(1, '1')).toBe(false);
  });
});

describe('the axis', () => {
  it('reaches half a step beyond the outermost values', () => {
    expect(interval(FLOAT)).toEqual([-1, 3]);
    expect(interval(INT)).toEqual([0.5, 9.5]);
    expect(interval(LOG)).toEqual([Math.log(1e-4), Math.log(1e-1)]);
    expect(interval(LOG_INT)).toEqual([Math.log(15.5), Math.log(512.5)]);
    const [low, high] = interval(STEPS);
    expect([low, high].map((end) => end.toFixed(9))).toEqual(['0.000000000', '0.800000000']);
  });

  it.each([FLOAT, LOG, STEPS, INT, LOG_INT])(
    'leads to values that can be taken, at its ends too: %j',
    (distribution) => {
      const [low, high] = interval(distribution);
      for (let share = 0; share <= 1; share += 1 / 64) {
        expect(contains(distribution, fromAxis(distribution, low + share * (high - low)))).toBe(true);
      }
      expect(fromAxis(distribution, low - 1)).toBe(distribution.low);
      expect(fromAxis(distribution, high + 1)).toBe(distribution.high);
    },
  );

  it('leads back to where a value came from', () => {
    for (const value of [2, 5, 8]) expect(fromAxis(INT, toAxis(INT, value))).toBe(value);
    for (const value of [16, 17, 300, 512]) expect(fromAxis(LOG_INT, toAxis(LOG_INT, value))).toBe(value);
    for (const value of [0.1, 0.3, 0.5, 0.7]) expect(fromAxis(STEPS, toAxis(STEPS, value))).toBe(value);
    expect(fromAxis(LOG, toAxis(LOG, 0.003))).toBeCloseTo(0.003, 15);
  });

  it('gives every value with steps the same share', () => {
    const [low, high] = interval(INT);
    const counts = new Map<number, number>();
    for (let i = 0; i < 300; i++) {
      const value = fromAxis(INT, low + ((i + 0.5) / 300) * (high - low));
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts]).toEqual([
      [2, 100],
      [5, 100],
      [8, 100],
    ]);
  });
});
