import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../../src/base/random';
import { outcomesOf, standardised } from '../../../../../src/sweeps/samplers/gp/outcomes';
import { trialRow } from '../../../../helpers/studies';

const random = () => randomStream(1, 'outcomes');

describe('outcomes', () => {
  it('are losses; failed and violating trials are as bad as the worst, pruned ones no better than the median', () => {
    const trials = [
      trialRow({ number: 0, values: [0.9] }),
      trialRow({ number: 1, values: [0.5] }),
      trialRow({ number: 2, values: [0.1] }),
      trialRow({ number: 3, state: 'failed' }),
      trialRow({ number: 4, state: 'pruned', values: [0.95] }),
      trialRow({ number: 5, state: 'pruned', values: [0.3] }),
      trialRow({ number: 6, state: 'pruned', values: null }),
      trialRow({ number: 7, values: [2], violation: 1 }),
      trialRow({ number: 8, values: [NaN] }),
      trialRow({ number: 9, values: [-Infinity] }),
      trialRow({ number: 10, state: 'running' }),
    ];
    const outcomes = outcomesOf(trials, ['maximize'], random());
    expect(outcomes.map(({ loss }) => loss)).toEqual([-0.9, -0.5, -0.1, -0.1, -0.5, -0.3, -0.1, -0.1, -0.1, -0.1]);
    expect(outcomes.filter(({ counts }) => counts).map(({ trial }) => trial.number)).toEqual([0, 1, 2, 9]);
  });

  it('are cut off far above the median, unless the median is the best', () => {
    const lossesOf = (values: number[]): number[] =>
      outcomesOf(
        values.map((value, number) => trialRow({ number, values: [value] })),
        ['minimize'],
        random(),
      ).map(({ loss }) => loss);
    expect(lossesOf([1, 2, 3, 4, 1e9])).toEqual([1, 2, 3, 4, 9]);
    expect(lossesOf([1, 1, 1, 4, 1e9])).toEqual([1, 1, 1, 4, 1e9]);
  });

  it('weigh several objectives so that what dominates is better, whatever their scales', () => {
    const trials = [
      trialRow({ number: 0, values: [1, 1e6] }),
      trialRow({ number: 1, values: [2, 2e6] }),
      trialRow({ number: 2, values: [3, 3e6] }),
    ];
    for (let seed = 0; seed < 10; seed++) {
      const outcomes = outcomesOf(trials, ['minimize', 'minimize'], randomStream(seed, 'weights'));
      expect(outcomes[0].loss).toBeLessThan(outcomes[1].loss);
      expect(outcomes[1].loss).toBeLessThan(outcomes[2].loss);
      expect(outcomes[1].loss).toBeGreaterThan(0.1);
    }
  });

  it('are brought to mean 0 and variance 1, where they differ at all', () => {
    expect([...standardised([1, 3])]).toEqual([-1, 1]);
    expect([...standardised([5, 5])]).toEqual([0, 0]);
  });
});
