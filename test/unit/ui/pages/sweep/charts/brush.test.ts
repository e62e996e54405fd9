/** Ranges on axes: which trials they choose, and what keys and drags make of them. */
import { describe, expect, it } from 'vitest';
import {
  brushedNumbers,
  carried,
  moved,
  NOT_SET,
  rangeBetween,
  stepped,
} from '../../../../../../src/ui/pages/sweep/charts/brush';
import { nearestLine, reordered } from '../../../../../../src/ui/pages/sweep/charts/parallel';
import { tableOf } from '../../../../../../src/ui/pages/sweep/charts/table';
import { makeStudy, makeTrial, params, SPACE } from './study';

const trials = [
  makeTrial(10, { params: params(1e-4, 1), values: [4] }),
  makeTrial(11, { params: params(1e-2, 3, 0.2), values: [3] }),
  makeTrial(12, { params: params(1e-1, 3, 0.8), values: [2] }),
  makeTrial(13, { params: params(1, 5), values: [1] }),
];
const { parameters, objectives, numbers } = tableOf(makeStudy(SPACE), trials);
const axes = [...parameters, ...objectives];
const [rate, depth, , momentum] = axes;

describe('ranges choose', () => {
  it('all trials where there is no range', () => {
    expect(brushedNumbers(axes, numbers, {})).toBeNull();
    expect(brushedNumbers(axes, numbers, { 'no such axis': { low: 0, high: 1 } })).toBeNull();
  });

  it('the trials within every range, ends included', () => {
    const wide = { [rate.id]: { low: 0.5, high: 1 } };
    expect([...(brushedNumbers(axes, numbers, wide) ?? [])]).toEqual([11, 12, 13]);
    const narrow = { ...wide, [depth.id]: { low: 0.5, high: 0.5 } };
    expect([...(brushedNumbers(axes, numbers, narrow) ?? [])]).toEqual([11, 12]);
    expect(brushedNumbers(axes, numbers, { ...narrow, [objectives[0].id]: { low: 0.9, high: 1 } })?.size).toBe(0);
  });

  it('those without a parameter only where the range reaches “not set”', () => {
    expect([...(brushedNumbers(axes, numbers, { [momentum.id]: { low: 0, high: 1 } }) ?? [])]).toEqual([11, 12]);
    const unset = rangeBetween(NOT_SET, NOT_SET - 0.01, null);
    expect([...(brushedNumbers(axes, numbers, { [momentum.id]: unset }) ?? [])]).toEqual([10, 13]);
    expect(brushedNumbers(axes, numbers, { [momentum.id]: rangeBetween(NOT_SET, 0.3, null) })?.size).toBe(3);
  });

  it('agree with a plain filter over many trials', () => {
    const many = Array.from({ length: 500 }, (_, number) =>
      makeTrial(number, { params: params(10 ** -((number * 7) % 5), 1 + ((number * 3) % 5)), values: [number % 11] }),
    );
    const table = tableOf(makeStudy(SPACE), many);
    const chosen = brushedNumbers([...table.parameters, ...table.objectives], table.numbers, {
      [rate.id]: { low: 0.25, high: 0.75 },
      [depth.id]: { low: 0.5, high: 1 },
    });
    const expected = many
      .filter(({ params: p }) => {
        const lr = Number(p['training.optimizer.learning_rate']);
        return lr >= 0.99e-3 && lr <= 1.01e-1 && Number(p['model.depth']) >= 3;
      })
      .map(({ number }) => number);
    expect([...(chosen ?? [])]).toEqual(expected);
  });
});

describe('ranges change', () => {
  it('between two places, in either order, and to whole choices on a category axis', () => {
    expect(rangeBetween(0.7, 0.2, null)).toEqual({ low: 0.2, high: 0.7 });
    expect(rangeBetween(-0.02, 1.4, null)).toEqual({ low: 0, high: 1 });
    expect(rangeBetween(0.3, 0.6, 4)).toEqual({ low: 0.25, high: 0.75 });
  });

  it('by moving, as far as the axis goes', () => {
    expect(moved({ low: 0.25, high: 0.5 }, 0.25, 0)).toEqual({ low: 0.5, high: 0.75 });
    expect(moved({ low: 0.25, high: 0.5 }, 9, 0)).toEqual({ low: 0.75, high: 1 });
    expect(moved({ low: 0.25, high: 0.5 }, -9, 0)).toEqual({ low: 0, high: 0.25 });
  });

  it('by keys: an end of the axis first, then along it, then longer', () => {
    expect(stepped(null, true, false, null, false)).toEqual({ low: 0.75, high: 1 });
    const low = stepped(null, false, false, null, false);
    expect(low).toEqual({ low: 0, high: 0.25 });
    expect(stepped(low, true, false, null, false)).toEqual({ low: 0.05, high: 0.3 });
    expect(stepped(low, true, true, null, false).high).toBeCloseTo(0.3);
    expect(stepped({ low: 0, high: 0.25 }, true, false, 4, false)).toEqual({ low: 0.25, high: 0.5 });
    // One choice is the shortest range.
    expect(stepped({ low: 0, high: 0.25 }, false, true, 4, false)).toEqual({ low: 0, high: 0.25 });
  });

  it('by keys down to “not set” and back', () => {
    const unset = stepped({ low: 0, high: 0.25 }, false, false, null, true);
    expect(brushedNumbers(axes, numbers, { [momentum.id]: unset })?.size).toBe(2);
    expect(stepped(unset, true, false, null, true)).toEqual({ low: 0, high: 0.25 });
    expect(stepped({ low: 0, high: 0.25 }, false, false, null, false)).toEqual({ low: 0, high: 0.25 });
  });

  it('keep their values when a new trial stretches the axis', () => {
    const after = tableOf(makeStudy(SPACE), [...trials, makeTrial(14, { params: params(0.1, 3), values: [7] })]);
    const kept = carried({ [objectives[0].id]: { low: 0, high: 1 }, gone: { low: 0, high: 1 } }, axes, [
      ...after.parameters,
      ...after.objectives,
    ]);
    expect(kept).toEqual({ [objectives[0].id]: { low: 0, high: 0.5 } });
  });
});

describe('lines', () => {
  const down = [Float32Array.of(0, 100, 50), Float32Array.of(100, 0, 50)];
  const rows = Int32Array.of(0, 1, 2);

  it('the nearest is found between axes and on them', () => {
    expect(nearestLine([10, 110], down, rows, 10, 2, 12)).toBe(0);
    expect(nearestLine([10, 110], down, rows, 110, 2, 12)).toBe(1);
    expect(nearestLine([10, 110], down, rows, 35, 27, 12)).toBe(0);
    expect(nearestLine([10, 110], down, rows, 35, 60, 12)).toBe(2);
  });

  it('none is found beside the axes, or too far from all', () => {
    expect(nearestLine([10, 110], down, rows, 5, 0, 12)).toBe(-1);
    expect(nearestLine([10, 110], down, rows, 120, 0, 12)).toBe(-1);
    expect(nearestLine([10, 110], down, rows, 10, 25, 12)).toBe(-1);
    expect(nearestLine([], [], rows, 10, 25, 12)).toBe(-1);
  });

  it('axes are put at another place', () => {
    expect(reordered(['a', 'b', 'c', 'd'], 0, 2)).toEqual(['b', 'c', 'a', 'd']);
    expect(reordered(['a', 'b', 'c', 'd'], 3, 0)).toEqual(['d', 'a', 'b', 'c']);
  });
});
