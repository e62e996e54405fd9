/** What pruners say, and where they mean to differ from Optuna. */
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { pruners } from '../../../../src/config/search/pruners';
import type { TrialRow, TrialState } from '../../../../src/store/study';
import { bracketBudgets, bracketOf } from '../../../../src/sweeps/pruners/hyperband';
import { createPruner } from '../../../../src/sweeps/pruners/registry';
import type { StudyView } from '../../../../src/sweeps/samplers/sampler';
import { Space } from '../../../../src/sweeps/space/space';

const pruner = (settings: v.InferInput<typeof pruners>) => createPruner(v.parse(pruners, settings));

function trial(number: number, state: TrialState, values: number[], steps = values.map((_, i) => i + 1)): TrialRow {
  return {
    study_id: 'study',
    number,
    state,
    reason: null,
    params: {},
    values: state === 'complete' ? [values[values.length - 1]] : null,
    intermediate: { steps, values },
    violation: 0,
    attributes: {},
    run_ids: [],
    steps: 0,
    started: null,
    ended: null,
  };
}

const view = (trials: TrialRow[], change: Partial<StudyView> = {}): StudyView => ({
  name: 'study',
  seed: 0,
  directions: ['minimize'],
  space: new Space({}),
  trials,
  maxResource: 9,
  ...change,
});

/** Complete trials whose value at every step is their number from 1, divided by ten. */
const complete = (count: number, steps = 9): TrialRow[] =>
  Array.from({ length: count }, (_, i) => trial(i, 'complete', Array<number>(steps).fill((i + 1) / 10)));

const verdict = (
  settings: v.InferInput<typeof pruners>,
  others: TrialRow[],
  last: TrialRow,
  change?: Partial<StudyView>,
) => pruner(settings).prune(view([...others, last], change), last);

describe('a sentence says the figures', () => {
  const running = trial(99, 'running', [0.9, 0.85]);

  it.each([
    [{ name: 'median' }, 'Its best value 0.85 at step 2 is worse than the median 0.4 of 7 trials.'],
    [
      { name: 'percentile', percentile: 50 },
      'Its best value 0.85 at step 2 is worse than 0.4, which the best 50 % of 7 trials reached.',
    ],
    [{ name: 'threshold', upper: 0.5 }, 'Its value 0.85 at step 2 is above 0.5.'],
    [{ name: 'threshold', lower: 1 }, 'Its value 0.85 at step 2 is below 1.'],
    [
      { name: 'successive_halving', min_resource: 2 },
      'Its value 0.85 at step 2 is not among the best 2 of 8 trials at this rung, the last of which is 0.2.',
    ],
    [
      { name: 'successive_halving', min_resource: 2, bootstrap_count: 9 },
      'Its value 0.85 at step 2 is one of 8 trials at this rung, and none goes on before there are 10.',
    ],
    [
      { name: 'wilcoxon', p_threshold: 0.5 },
      'Over 2 steps it is worse than trial 0, the best so far, by more than chance (p = 0.25).',
    ],
  ] as const)('%o', (settings, sentence) => {
    expect(verdict(settings, complete(7), running)).toBe(sentence);
  });

  it('of a rung that few have reached', () => {
    expect(verdict({ name: 'successive_halving', min_resource: 2 }, complete(2), running)).toBe(
      'Its value 0.85 at step 2 is not the best of 3 trials at this rung, which is 0.1.',
    );
  });

  it('of a bracket', () => {
    const settings = { name: 'hyperband', min_resource: 2 } as const;
    const budgets = bracketBudgets(2, 9, 3);
    const own = bracketOf('study', 99, budgets);
    const peers = complete(40).filter(({ number }) => bracketOf('study', number, budgets) === own);
    expect(own).toBe(0);
    expect(verdict(settings, complete(40), trial(99, 'running', [9, 9]))).toBe(
      `Its value 9 at step 2 is not among the best ${Math.floor((peers.length + 1) / 3)} of ${peers.length + 1} trials at ` +
        `this rung of bracket 1 of 2, the last of which is ${peers[Math.floor((peers.length + 1) / 3) - 1].intermediate.values[0]}.`,
    );
  });

  it('of patience, alone and with a pruner inside', () => {
    const stalled = trial(99, 'running', [0.8, 0.9, 0.95, 0.9]);
    expect(verdict({ name: 'patient', patience: 1, pruner: { name: 'none' } }, [], stalled)).toBe(
      'Its last 2 steps reached 0.9 at best, after 0.8 before them.',
    );
    expect(verdict({ name: 'patient', patience: 1 }, complete(7), stalled)).toBe(
      'Its best value 0.8 at step 4 is worse than the median 0.4 of 7 trials, and its last 2 steps improved nothing.',
    );
  });

  it('with as many digits as tell two numbers apart', () => {
    const close = complete(5).map((row) => ({ ...row, intermediate: { steps: [1], values: [0.12345678] } }));
    expect(verdict({ name: 'median' }, close, trial(99, 'running', [0.12345681]))).toBe(
      'Its best value 0.12345681 at step 1 is worse than the median 0.12345678 of 5 trials.',
    );
  });

  it('of values that are no numbers', () => {
    const lost = trial(99, 'running', [NaN, NaN]);
    expect(verdict({ name: 'median' }, complete(5), lost)).toBe('None of its values up to step 2 is a number.');
    expect(verdict({ name: 'threshold' }, [], lost)).toBe('Its value at step 2 is no number.');
    expect(verdict({ name: 'successive_halving' }, [], lost)).toBe('Its value at step 2 is no number.');
  });
});

describe('the median', () => {
  it('holds where other trials diverged to infinity', () => {
    const others = [0.1, 0.2, 0.3, Infinity, Infinity].map((value, i) => trial(i, 'complete', [value]));
    expect(verdict({ name: 'median' }, others, trial(9, 'running', [0.31]))).toContain('median 0.3 of 5 trials');
    expect(verdict({ name: 'median' }, others, trial(9, 'running', [0.29]))).toBeNull();
    expect(verdict({ name: 'median' }, others, trial(9, 'running', [Infinity]))).toContain('Its best value Infinity');
  });
});

describe('rungs', () => {
  const settings = { name: 'successive_halving', min_resource: 2, reduction_factor: 2 } as const;
  const judged = trial(9, 'running', [1, 0.5]);

  it('count every trial that reached them, however it ended, and an earlier study’s', () => {
    const better: TrialRow[] = [
      trial(-1, 'complete', [1, 0.4, 0.4]),
      trial(0, 'pruned', [1, 0.4]),
      trial(1, 'failed', [1, 0.4, NaN]),
      trial(2, 'running', [1, 0.4, 0.9]),
    ];
    for (const other of better) expect(verdict(settings, [other], judged)).toContain('not the best of 2 trials');
    for (const other of [trial(0, 'pruned', [0.1]), trial(0, 'failed', [0.1, NaN])]) {
      expect(verdict(settings, [other], judged)).toBeNull();
    }
  });

  it('take the first value at or after them', () => {
    expect(verdict(settings, [trial(0, 'complete', [0.9, 0.1, 0.1], [1, 3, 4])], judged)).toContain('which is 0.1');
    expect(verdict(settings, [trial(0, 'complete', [0.9, 0.6, 0.1], [1, 3, 4])], judged)).toBeNull();
  });

  it('lie at the smallest resource times the powers of η, and only there is a trial judged', () => {
    const best = trial(0, 'complete', Array<number>(9).fill(0));
    const steps = Array.from({ length: 9 }, (_, i) => i + 1);
    const endings = steps.filter((step) => verdict(settings, [best], trial(9, 'running', Array<number>(step).fill(1))));
    expect(endings).toEqual([2, 4, 8]);
  });

  it.each([
    [9, 1],
    [199, 1],
    [300, 3],
  ])('begin at a hundredth of %d steps where left to Lathe: %d', (maxResource, first) => {
    const best = trial(0, 'running', Array<number>(4).fill(0));
    const at = (count: number) =>
      verdict({ name: 'successive_halving' }, [best], trial(9, 'running', Array<number>(count).fill(1)), {
        maxResource,
      });
    expect(at(first)).not.toBeNull();
    if (first > 1) expect(at(first - 1)).toBeNull();
  });
});

describe('Hyperband', () => {
  it('has brackets in the ratio of Optuna, exact powers included', () => {
    expect(bracketBudgets(1, 27, 3)).toEqual([27, 12, 6, 4]);
    expect(bracketBudgets(1, 26, 3)).toEqual([9, 5, 3]);
    expect(bracketBudgets(1, 243, 3)).toHaveLength(6);
    expect(bracketBudgets(5, 3, 3)).toEqual([]);
  });

  it('takes the length of a trial from the study', () => {
    const budgets = bracketBudgets(1, 9, 3);
    const best = Array.from({ length: 30 }, (_, i) => trial(i, 'running', Array<number>(9).fill(0)));
    for (const number of [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]) {
      const firstEnding = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((step) =>
        verdict({ name: 'hyperband' }, best, trial(number, 'running', Array<number>(step).fill(1))),
      );
      expect(firstEnding).toBe(3 ** bracketOf('study', number, budgets));
    }
  });
});
