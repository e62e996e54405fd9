import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../../src/base/random';
import { judge, survivors, tournament } from '../../../../../src/sweeps/samplers/nsga2/selection';
import { trialRow } from '../../../../helpers/studies';

const numbersOf = (trials: { number: number }[]): number[] => trials.map(({ number }) => number);

describe('survival', () => {
  it('goes front by front, and on the last by the room around', () => {
    const trials = [
      trialRow({ number: 0, values: [5, 5] }),
      trialRow({ number: 1, values: [0, 4] }),
      trialRow({ number: 2, values: [1, 2.5] }),
      trialRow({ number: 3, values: [1.1, 2.4] }),
      trialRow({ number: 4, values: [4, 0] }),
    ];
    expect(numbersOf(survivors(trials, ['minimize', 'minimize'], 3))).toEqual([1, 4, 3]);
    expect(numbersOf(survivors(trials, ['maximize', 'maximize'], 1))).toEqual([0]);
    expect(survivors(trials, ['minimize', 'minimize'], 9)).toHaveLength(5);
  });

  it('prefers what meets the constraints, then what violates them less; what did not end well is left out', () => {
    const trials = [
      trialRow({ number: 0, values: [0], violation: 2 }),
      trialRow({ number: 1, values: [1], violation: 0.5 }),
      trialRow({ number: 2, values: [9] }),
      trialRow({ number: 3, values: [NaN] }),
      trialRow({ number: 4, values: [0], state: 'pruned' }),
      trialRow({ number: 5, values: null, state: 'failed' }),
    ];
    expect(numbersOf(survivors(trials, ['minimize'], 6))).toEqual([2, 1, 0]);
    expect(judge(trials, ['minimize']).map(({ rank }) => rank)).toEqual([0, 1, 2]);
  });

  it('gives the better of two the win, of one front the one with more room', () => {
    const population = judge(
      [
        trialRow({ number: 0, values: [0, 4] }),
        trialRow({ number: 1, values: [1, 2.5] }),
        trialRow({ number: 2, values: [4, 0] }),
        trialRow({ number: 3, values: [5, 5] }),
      ],
      ['minimize', 'minimize'],
    );
    const random = randomStream(1, 'tournament');
    const wins = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) wins[tournament(population, random).trial.number]++;
    // The worst wins only against itself, the crowded one also against the worst.
    expect(wins[3] / 4000).toBeCloseTo(1 / 16, 1);
    expect(wins[1] / 4000).toBeCloseTo(3 / 16, 1);
    expect(wins[0] + wins[2]).toBeGreaterThan(2700);
  });
});
