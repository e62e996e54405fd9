/** Axes: where values stand, which numbers are written beside them, and that nothing odd breaks them. */
import { describe, expect, it } from 'vitest';
import { valueText } from '../../../../../../src/ui/pages/sweep/charts/labels';
import {
  categoryScale,
  numericScale,
  outcomeScale,
  parameterAxis,
} from '../../../../../../src/ui/pages/sweep/charts/scales';
import { logTicks, roundTicks, tickLabels } from '../../../../../../src/ui/pages/sweep/charts/ticks';

const labels = (scale: { ticks(most: number): { label: string }[] }, most = 6): string[] =>
  scale.ticks(most).map(({ label }) => label);

describe('scales', () => {
  it('a linear axis goes from its lowest to its highest value', () => {
    const scale = numericScale(10, 20);
    expect([10, 15, 20].map((value) => scale.place(value))).toEqual([0, 0.5, 1]);
    expect(scale.at(0.25)).toBe(12.5);
  });

  it('a logarithmic axis has equal room for equal ratios', () => {
    const scale = numericScale(1e-5, 1e-1, { log: true });
    expect(scale.place(1e-3)).toBeCloseTo(0.5, 12);
    expect(scale.at(0.75)).toBeCloseTo(1e-2, 12);
    expect(scale.place(0)).toBeNaN();
    expect(scale.place(-1)).toBeNaN();
  });

  it('what is no finite number has no place', () => {
    for (const value of [NaN, Infinity, -Infinity]) expect(numericScale(0, 1).place(value)).toBeNaN();
  });

  it('one value alone stands in the middle and is the one tick', () => {
    for (const log of [false, true]) {
      const scale = numericScale(0.3, 0.3, { log });
      expect(scale.place(0.3)).toBe(0.5);
      expect(scale.ticks(6)).toEqual([{ place: 0.5, label: '0.3' }]);
    }
  });

  it('choices have equal parts, lists are told by their content', () => {
    const scale = categoryScale(['sgd', null, [64, 32], true]);
    expect(scale.ticks(2).map(({ place }) => place)).toEqual([0.125, 0.375, 0.625, 0.875]);
    expect(labels(scale)).toEqual(['sgd', 'null', '[64, 32]', 'true']);
    expect([0, 0.3, 0.99, 1].map((place) => scale.at(place))).toEqual([0, 1, 3, 3]);
    expect([-1, 4, 0.5, NaN].map((index) => scale.place(index))).toEqual([NaN, NaN, NaN, NaN]);
    expect(categoryScale(['one']).place(0)).toBe(0.5);
    expect(labels(categoryScale([]))).toEqual([]);
  });

  it('outcomes orders of magnitude apart are logarithmic, others are not, and no outcome is no error', () => {
    expect(outcomeScale([0.01, 5]).kind).toBe('log');
    expect(outcomeScale([0.1, 5]).kind).toBe('linear');
    expect(outcomeScale([-1, 500]).kind).toBe('linear');
    expect(outcomeScale([NaN, 2, Infinity, 4]).place(3)).toBe(0.5);
    expect(outcomeScale([]).ticks(4).length).toBeGreaterThan(0);
  });

  it('the axis of a parameter is its range, wider where a trial lies outside', () => {
    const spec = { type: 'float', low: 0, high: 1, log: false, step: null, when: null } as const;
    expect([
      ...parameterAxis(spec, [0.5])
        .scale.ticks(2)
        .map(({ place }) => place),
    ]).toEqual([0, 0.5, 1]);
    const { scale, values } = parameterAxis(spec, [0.5, 3, undefined, 'none']);
    expect(scale.place(3)).toBe(1);
    expect([...values]).toEqual([0.5, 3, NaN, NaN]);
  });

  it('a choice that the range has not is added; booleans are choices', () => {
    const spec = { type: 'categorical' as const, choices: [[1, 2], 'a'], when: null };
    const { scale, values } = parameterAxis(spec, ['a', [1, 2], 'new', undefined]);
    expect([...values]).toEqual([1, 0, 2, NaN]);
    expect(scale.slots).toBe(3);
    expect([...parameterAxis({ type: 'bool', when: null }, [true, false]).values]).toEqual([1, 0]);
  });
});

describe('ticks', () => {
  it.each([
    [0, 1, 5, false, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.12, 0.48, 4, false, [0.2, 0.3, 0.4]],
    [1, 5, 8, true, [1, 2, 3, 4, 5]],
    [1, 2, 8, true, [1, 2]],
    [-30, 70, 5, false, [-20, 0, 20, 40, 60]],
    [7, 7, 5, false, [7]],
  ])('from %d to %d about %d round numbers', (low, high, most, whole, ticks) => {
    expect(roundTicks(low, high, most, whole)).toEqual(ticks);
  });

  it.each([
    [1e-5, 1e-1, 8, false, [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]],
    [0.01, 1, 8, false, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]],
    [16, 512, 8, true, [16, 32, 64, 128, 256, 512]],
    [16, 512, 3, true, [16, 64, 256]],
    [20, 60, 8, true, [20, 50]],
    [1e-12, 1e12, 6, false, [1e-12, 1e-7, 1e-2, 1e3, 1e8]],
  ])('from %d to %d by orders of magnitude', (low, high, most, whole, ticks) => {
    expect(logTicks(low, high, most, whole)).toEqual(ticks);
  });

  it('labels tell neighbours apart with as few digits as that takes', () => {
    expect(tickLabels([0, 0.2, 0.4])).toEqual(['0', '0.2', '0.4']);
    expect(tickLabels([1000.1, 1000.2])).toEqual(['1000.1', '1000.2']);
    expect(tickLabels([10_000, 10_010])).toEqual(['10,000', '10,010']);
    expect(tickLabels([0, 50_000, 100_000])).toEqual(['0', '50\u202fk', '100\u202fk']);
    expect(tickLabels([1e-5, 1e-4, 1e-3])).toEqual(['1e−5', '0.0001', '0.001']);
    expect(tickLabels([])).toEqual([]);
  });
});

describe('values', () => {
  it('say values as they are', () => {
    expect([0.1, 12345, '', null, false, ['a', [1]]].map(valueText)).toEqual([
      '0.1',
      '12,345',
      '(empty)',
      'null',
      'false',
      '[a, [1]]',
    ]);
  });
});
