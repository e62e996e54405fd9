import { describe, expect, it } from 'vitest';
import type { TrialRow } from '../../../../../src/store/study';
import { choiceOf, recordsOf, sortedValues, spread } from '../../../../../src/ui/pages/sweep/charts/points';
import { columnsOf, searchTrials, sortTrials } from '../../../../../src/ui/pages/sweep/columns';
import { frontOf } from '../../../../../src/ui/pages/sweep/front';
import { syntheticStudy } from '../../../../helpers/synthetic-study';

const { study, trials } = syntheticStudy({ trials: 200 });
const numbers = (rows: readonly TrialRow[]): number[] => rows.map(({ number }) => number);

describe('the table of trials', () => {
  const columns = columnsOf(study);

  it('has a column for each objective and each parameter', () => {
    expect(columns.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['State', 'val_loss', 'learning rate', 'momentum', 'Duration']),
    );
  });

  it('sorts numbers as numbers; trials without a value stay last, whichever way', () => {
    const by = columns.find(({ id }) => id === 'param.training.optimizer.momentum')!;
    const without = trials.filter(({ params }) => !('training.optimizer.momentum' in params)).length;
    for (const descending of [false, true]) {
      const sorted = sortTrials(trials, by, descending);
      expect(sorted.slice(-without).every(({ params }) => !('training.optimizer.momentum' in params))).toBe(true);
      const values = sorted.slice(0, -without).map((trial) => Number(by.key(trial)));
      expect(values).toEqual(values.toSorted((a, b) => (descending ? b - a : a - b)));
    }
  });

  it('a value that is no number counts as none', () => {
    const by = columns.find(({ id }) => id === 'value.0')!;
    expect(by.key({ ...trials[0], values: [NaN] })).toBeNull();
    expect(by.show({ ...trials[0], values: [NaN] })).toBe('NaN');
    expect(by.show({ ...trials[0], values: null })).toBe('–');
  });

  it('is searched by every word, filtered by states and by what is brushed', () => {
    const lions = searchTrials(trials, 'optimizer.name=lion', new Set(), null);
    expect(lions.length).toBeGreaterThan(10);
    expect(lions.every(({ params }) => params['training.optimizer.name'] === 'lion')).toBe(true);
    const some = searchTrials(trials, 'lion', new Set(['pruned'] as const), new Set(numbers(lions.slice(0, 20))));
    expect(some.every(({ state, number }) => state === 'pruned' && number <= lions[19].number)).toBe(true);
    expect(searchTrials(trials, '', new Set(), null)).toBe(trials);
  });
});

describe('points of charts', () => {
  it('records: each better than all before, pruned and infeasible ones never', () => {
    const records = recordsOf(study, trials, 0);
    expect(records.at(-1)!.number).toBe(study.best!.number);
    records.slice(1).forEach(({ value }, i) => expect(value).toBeLessThan(records[i].value));
    const forbidden = trials.map((row) => (row.number === study.best!.number ? { ...row, violation: 1 } : row));
    expect(recordsOf(study, forbidden, 0).at(-1)!.number).not.toBe(study.best!.number);
  });

  it('records of an objective that is maximised rise', () => {
    const up = { ...study, objectives: [{ metric: 'val_accuracy', direction: 'maximize' as const }] };
    const records = recordsOf(up, trials, 0);
    records.slice(1).forEach(({ value }, i) => expect(value).toBeGreaterThan(records[i].value));
  });

  it('the distribution counts complete trials alone', () => {
    const sorted = sortedValues(trials, 0);
    expect(sorted).toHaveLength(study.counts.complete);
    expect(sorted[0].number).toBe(study.best!.number);
  });

  it('a sample is even and no longer than it may be; choosing nothing is no choice', () => {
    expect(spread([...Array(1000).keys()], 10)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    expect(spread([1, 2], 10)).toEqual([1, 2]);
    expect(choiceOf([])).toBeNull();
  });
});

describe('the front', () => {
  it.each([
    ['minimize', 'minimize'],
    ['minimize', 'maximize'],
  ] as const)('is what no trial beats (%s, %s)', (first, second) => {
    const two = syntheticStudy({ trials: 150, objectives: 2 });
    const objectives = [
      { metric: 'val_loss', direction: first },
      { metric: 'step_ms', direction: second },
    ];
    const cost = ({ values }: TrialRow): number[] =>
      objectives.map(({ direction }, i) => (direction === 'minimize' ? 1 : -1) * values![i]);
    const complete = two.trials.filter(({ state }) => state === 'complete');
    const expected = complete.filter(
      (trial) =>
        !complete.some((other) => {
          const [a, b] = [cost(other), cost(trial)];
          return a.every((value, i) => value <= b[i]) && a.some((value, i) => value < b[i]);
        }),
    );
    const front = frontOf({ objectives }, two.trials);
    expect(numbers(front).toSorted((a, b) => a - b)).toEqual(numbers(expected));
    expect(front.length).toBeGreaterThan(1);
  });

  it('holds no trial whose objective is no number', () => {
    const [trial] = syntheticStudy({ trials: 1, objectives: 2 }).trials;
    const objectives = [
      { metric: 'a', direction: 'minimize' as const },
      { metric: 'b', direction: 'minimize' as const },
    ];
    expect(frontOf({ objectives }, [{ ...trial, state: 'complete', values: [0, NaN] }])).toEqual([]);
  });
});
