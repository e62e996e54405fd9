import { describe, expect, it } from 'vitest';
import { gpSampler } from '../../../../src/sweeps/samplers/gp/sampler';
import { FUNCTIONS } from '../../../helpers/objectives';
import { runTrials, spaceOf, studyOf } from '../../../helpers/studies';
// Optuna's needs torch: its results are kept, and reference/optuna_gp.py makes them again.
import reference from '../../reference/optuna_gp.json';
import { mannWhitneyGreater, median } from '../../statistics';

const SEEDS = Array.from({ length: 8 }, (_, seed) => seed);
const theirs: Record<string, number[]> = reference.best;

describe('the Gaussian process beside Optuna’s', () => {
  it.each(Object.entries(FUNCTIONS))('is not worse on %s', (name, { space, objective }) => {
    const ours = SEEDS.map((seed) => {
      const sampler = gpSampler({ name: 'gp', n_startup_trials: 10 });
      const study = studyOf({ space: spaceOf(space), sampler, seed });
      runTrials(study, objective, reference.trials);
      return study.best!.values![0];
    });
    const p = mannWhitneyGreater(ours, theirs[name]);
    expect(p, `medians ${median(ours)} and ${median(theirs[name])}`).toBeGreaterThan(0.001);
  });
});
