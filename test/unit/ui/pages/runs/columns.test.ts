import { describe, expect, it } from 'vitest';
import type { RunRow } from '../../../../../src/store/schema';
import { columnsFor, searchRuns, showSetting, sortRuns } from '../../../../../src/ui/pages/runs/columns';
import { runRow } from '../../../../helpers/run-row';

const run = (name: string, change: Partial<RunRow> = {}): RunRow =>
  runRow(name, { created: 0, status: 'finished', epoch: 1, step: 10, total_steps: 10, seconds: 1, ...change });

const names = (runs: RunRow[]): string[] => runs.map(({ name }) => name);

describe('sorting', () => {
  const runs = [
    run('b', { best: { val_loss: 0.5 }, created: 3 }),
    run('none', { created: 2 }),
    run('a', { best: { val_loss: 0.1 }, created: 1 }),
  ];
  const loss = columnsFor(runs).find(({ id }) => id === 'best.val_loss');
  if (!loss) throw new Error('There is no column of the validation loss.');

  it('goes by the best value, and runs without one stay at the end either way', () => {
    expect(names(sortRuns(runs, loss, false))).toEqual(['a', 'b', 'none']);
    expect(names(sortRuns(runs, loss, true))).toEqual(['b', 'a', 'none']);
  });

  it('counts numbers in names as numbers', () => {
    expect(names(sortRuns([run('mlp-10'), run('mlp-9')], 'name', false))).toEqual(['mlp-9', 'mlp-10']);
  });
});

it('a search takes every word, in names, tags, states and notes', () => {
  const runs = [
    run('wide', { tags: ['baseline'] }),
    run('narrow', { notes: 'Wide was better' }),
    run('deep', { status: 'diverged', dataset_name: 'houses' }),
  ];
  expect(names(searchRuns(runs, 'wide'))).toEqual(['wide', 'narrow']);
  expect(names(searchRuns(runs, '#base wide'))).toEqual(['wide']);
  expect(names(searchRuns(runs, 'HOUSES diverged'))).toEqual(['deep']);
  expect(names(searchRuns(runs, ''))).toEqual(['wide', 'narrow', 'deep']);
});

it('every setting of the config can be a column', () => {
  const rate = columnsFor([run('a')]).find(({ id }) => id === 'config.training.optimizer.learning_rate');
  expect(rate?.show(run('a'))).toBe('0.001');
  expect([showSetting(undefined), showSetting(null), showSetting([1, 2]), showSetting(1e-5), showSetting('x')]).toEqual(
    ['–', 'null', '[1,2]', '1e-5', 'x'],
  );
});
