import { describe, expect, it } from 'vitest';
import type { TrialRow } from '../../../../../src/store/study';
import { countBelow, splitTrials } from '../../../../../src/sweeps/samplers/tpe/split';
import { trial } from '../../trials';

/** `count` failed trials, so that `count` / 10 more trials count as good. */
const failures = (from: number, count: number): TrialRow[] =>
  Array.from({ length: count }, (_, i) => trial(from + i, { state: 'failed', values: null }));

const reported = (steps: number[], values: number[]): Partial<TrialRow> => ({
  state: 'pruned',
  values: null,
  intermediate: { steps, values },
});

const goodOf = (trials: TrialRow[], directions: ('minimize' | 'maximize')[] = ['minimize']): number[] =>
  splitTrials(trials, directions).below.map((place) => trials[place].number);

describe('splitTrials', () => {
  it('counts a tenth as good, 25 at most where there is one objective', () => {
    expect([0, 1, 10, 11, 250, 1000].map((n) => countBelow(n, 1))).toEqual([0, 1, 1, 2, 25, 25]);
    expect(countBelow(1000, 2)).toBe(100);
  });

  it('takes the best complete trials, in the order of their numbers', () => {
    const trials = [3, 1, 2, 0, 5].map((value, number) => trial(number, { values: [value] }));
    const all = [...trials, ...failures(5, 15)];
    expect(goodOf(all)).toEqual([1, 3]);
    expect(goodOf(all, ['maximize'])).toEqual([0, 4]);
  });

  it('takes of equal trials the earlier ones', () => {
    const trials = [2, 1, 1, 1].map((value, number) => trial(number, { values: [value] }));
    expect(goodOf([...trials, ...failures(4, 16)])).toEqual([1, 2]);
  });

  it('goes on with pruned trials, later last steps first, then with the smallest violations', () => {
    const trials = [
      trial(0, { violation: 0.5 }),
      trial(1, reported([0, 1], [9, 4])),
      trial(2, reported([0, 1, 2], [9, 9, 9])),
      trial(3, reported([0, 1], [9, 3])),
      trial(4, { violation: 0.1 }),
      trial(5, reported([0, 1], [1, NaN])),
      trial(6, reported([], [])),
      trial(7, { values: [1e9] }),
    ];
    const order = [7, 2, 3, 1, 5, 6, 4, 0];
    for (let count = 1; count <= order.length; count++) {
      const rest = failures(8, 10 * count - trials.length);
      expect(goodOf([...trials, ...rest])).toEqual(order.slice(0, count).sort());
    }
  });

  it('never takes failed, running or worthless trials for good ones', () => {
    const trials = [
      ...failures(0, 10),
      trial(10, { state: 'running', values: null }),
      trial(11, { values: [NaN] }),
      trial(12, { values: null }),
    ];
    const { below, above } = splitTrials(trials, ['minimize']);
    expect(below).toEqual([]);
    expect(above).toEqual(trials.map(({ number }) => number));
  });

  it('does not count running trials among those of which a tenth is good', () => {
    const ended = Array.from({ length: 10 }, (_, number) => trial(number, { values: [number] }));
    const running = Array.from({ length: 5 }, (_, i) => trial(10 + i, { state: 'running', values: null }));
    expect(goodOf([...ended, ...running])).toEqual([0]);
  });

  it('keeps infinite values in their order', () => {
    const trials = [Infinity, 1, -Infinity].map((value, number) => trial(number, { values: [value] }));
    expect(goodOf(trials)).toEqual([2]);
  });
});
