import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { searchSpace } from '../../../../src/config/search/space';
import type { Objective } from '../../../../bench/sweeps/functions';
import { measure, samplerNamed, suggestionCost } from '../../../../bench/sweeps/measure';

const bowl = (evaluate: Objective['evaluate']): Objective => ({
  name: 'bowl',
  space: v.parse(searchSpace, { x: { type: 'float', low: -1, high: 1 } }),
  evaluate,
});

describe('measure', () => {
  it('gives the best value of each seed', async () => {
    const objective = bowl(({ x }) => Number(x) ** 2);
    const figures = await measure(objective, samplerNamed('tpe_independent'), 3, 15);
    expect(figures).toEqual({
      function: 'bowl',
      sampler: 'tpe',
      multivariate: false,
      n_trials: 15,
      best: [expect.any(Number), expect.any(Number), expect.any(Number)],
      suggest_ms: expect.any(Number),
    });
    expect(new Set(figures.best).size).toBe(3);
    expect((await measure(objective, samplerNamed('tpe'), 3, 15)).multivariate).toBe(true);
  });

  it('has no best value where all trials failed', async () => {
    expect(
      (
        await measure(
          bowl(() => NaN),
          samplerNamed('random'),
          1,
          5,
        )
      ).best,
    ).toEqual([null]);
  });

  it('knows every sampler of the config, and refuses others', () => {
    expect(samplerNamed('qmc')).toEqual({ name: 'qmc', scramble: true });
    expect(() => samplerNamed('annealing')).toThrow(/no annealing. There are tpe_independent, tpe, random/);
  });

  it('measures a suggestion for each number of finished trials, without the objective', () => {
    const costs = suggestionCost(
      bowl(() => 1),
      samplerNamed('tpe'),
      [10, 40],
    );
    expect(costs.map((ms) => ms > 0)).toEqual([true, true]);
  });
});
