import { describe, expect, it } from 'vitest';
import { improvements } from '../../../../src/sweeps/views/best-so-far';
import { paretoFront } from '../../../../src/sweeps/pareto';
import { shortNames } from '../../../../src/sweeps/views/short-names';
import { stepsSavedByPruning } from '../../../../src/sweeps/views/steps-saved';
import { thin } from '../../../../src/sweeps/views/thin';
import { trialRow } from '../export/study';

it('improvements are the trials that were the best when they ended', () => {
  const trials = [3, 5, NaN, 2, 1, 1].map((value, number) => trialRow({ number, values: [value] }));
  trials[4] = { ...trials[4], violation: 1 };
  expect(improvements(trials, 'minimize')).toEqual([
    { number: 0, value: 3 },
    { number: 3, value: 2 },
    { number: 5, value: 1 },
  ]);
  expect(improvements(trials, 'maximize').map(({ number }) => number)).toEqual([0, 1]);
});

describe('the Pareto front', () => {
  const rows = (values: number[][]) => values.map((one, number) => trialRow({ number, values: one }));
  const numbers = (values: number[][], ...directions: ('minimize' | 'maximize')[]) =>
    paretoFront(rows(values), directions).map(({ number }) => number);

  it('has what no other beats, equals included, by number', () => {
    const values = [
      [2, 2],
      [1, 3],
      [3, 1],
      [3, 3],
      [2, 2],
      [2, 1.5],
      [NaN, 0],
    ];
    expect(numbers(values, 'minimize', 'minimize')).toEqual([1, 2, 5]);
    expect(numbers(values.slice(0, 5), 'minimize', 'minimize')).toEqual([0, 1, 2, 4]);
    expect(numbers(values, 'maximize', 'minimize')).toEqual([2]);
  });

  it('agrees with comparing all pairs of three objectives', () => {
    const values = Array.from({ length: 120 }, (_, i) => [(i * 7) % 11, (i * 5) % 13, (i * 3) % 7]);
    const beats = (a: number[], b: number[]): boolean => a.every((x, i) => x <= b[i]) && a.some((x, i) => x < b[i]);
    const expected = values.flatMap((one, i) => (values.some((other) => beats(other, one)) ? [] : [i]));
    expect(numbers(values, 'minimize', 'minimize', 'minimize').sort((a, b) => a - b)).toEqual(expected);
  });

  it('of one objective are its best trials, of none complete none', () => {
    expect(numbers([[2], [1], [1]], 'minimize')).toEqual([1, 2]);
    expect(paretoFront([trialRow({ number: 0, state: 'failed' })], ['minimize'])).toEqual([]);
  });
});

it('thin keeps the front half and spreads the rest', () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  expect(thin(items, 100)).toEqual(items);
  expect(thin(items, 6)).toEqual([0, 1, 2, 3, 35, 67]);
});

describe('steps saved by pruning', () => {
  const trial = (number: number, state: 'complete' | 'pruned', reports: number, steps: number) =>
    trialRow({
      number,
      state,
      steps,
      intermediate: { steps: [...Array(reports).keys()], values: Array(reports).fill(1) },
    });

  it('are those up to the end of the median complete trial', () => {
    // 10 epochs: 2 of them cost 50 steps, so the other 8 would have cost 200; 5 cost 30, so 30 more.
    expect(
      stepsSavedByPruning([trial(0, 'complete', 10, 100), trial(1, 'pruned', 2, 50), trial(2, 'pruned', 5, 30)]),
    ).toBe(230);
  });

  it('are not known without a complete trial', () => {
    expect(stepsSavedByPruning([trial(0, 'pruned', 2, 50)])).toBeNull();
    expect(stepsSavedByPruning([trial(0, 'complete', 2, 50)])).toBeNull();
  });
});

it('short names tell keys apart and mean something alone', () => {
  const keys = ['training.optimizer.name', 'training.schedule.name', 'model.hidden.0', 'training.batch_size', 'x'];
  expect([...shortNames(keys).values()]).toEqual(['optimizer.name', 'schedule.name', 'hidden.0', 'batch_size', 'x']);
  expect([...shortNames(['a.rate', 'b.rate', 'rate']).values()]).toEqual(['a.rate', 'b.rate', 'rate']);
});
