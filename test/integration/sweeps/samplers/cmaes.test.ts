import * as v from 'valibot';
import { expect, it } from 'vitest';
import { samplers } from '../../../../src/config/search/samplers';
import { createSampler } from '../../../../src/sweeps/samplers/registry';
import { FUNCTIONS } from '../../../helpers/objectives';
import { runTrials, spaceOf, studyOf } from '../../../helpers/studies';
import { describePython, runPython } from '../../python';
import { mannWhitneyGreater, median } from '../../statistics';

const TRIALS = 100;
const SEEDS = Array.from({ length: 30 }, (_, seed) => seed);

const fronts = v.array(v.array(v.array(v.number())));

describePython('CMA-ES beside Optuna’s', () => {
  it.concurrent.each(Object.entries(FUNCTIONS))('is not worse on %s', async (name, { space, objective }) => {
    const request = { sampler: 'cmaes', function: name, trials: TRIALS, seeds: SEEDS };
    const theirs = (await runPython('reference/optimise.py', request, fronts)).map(([[value]]) => value);
    const ours = SEEDS.map((seed) => {
      const sampler = createSampler(v.parse(samplers, { name: 'cmaes' }));
      const study = studyOf({ space: spaceOf(space), sampler, seed });
      runTrials(study, objective, TRIALS);
      return study.best!.values![0];
    });
    const p = mannWhitneyGreater(ours, theirs);
    expect(p, `medians ${median(ours)} and ${median(theirs)}`).toBeGreaterThan(0.001);
  });
});
