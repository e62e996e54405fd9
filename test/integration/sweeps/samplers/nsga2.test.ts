import * as v from 'valibot';
import { expect, it } from 'vitest';
import { samplers } from '../../../../src/config/search/samplers';
import type { Direction } from '../../../../src/config/search/search';
import { hypervolume, paretoFront } from '../../../../src/sweeps/pareto';
import { createSampler } from '../../../../src/sweeps/samplers/registry';
import { FRONTS } from '../../../helpers/objectives';
import { runTrials, spaceOf, studyOf } from '../../../helpers/studies';
import { describePython, runPython } from '../../python';
import { mannWhitneyGreater, median } from '../../statistics';

const TRIALS = 1000;
const SEEDS = Array.from({ length: 8 }, (_, seed) => seed);
const DIRECTIONS: Direction[] = ['minimize', 'minimize'];
/** Worse than anything that the functions give. */
const REFERENCE = [11, 11];

const fronts = v.array(v.array(v.array(v.number())));

describePython('NSGA-II beside Optuna’s', () => {
  it.concurrent.each(Object.entries(FRONTS))('covers no less of %s', async (name, { space, objectives }) => {
    const request = { sampler: 'nsga2', function: name, trials: TRIALS, seeds: SEEDS };
    const theirs = (await runPython('reference/optimise.py', request, fronts)).map((f) => hypervolume(f, REFERENCE));
    const ours = SEEDS.map((seed) => {
      const sampler = createSampler(v.parse(samplers, { name: 'nsga2' }));
      const study = studyOf({ space: spaceOf(space), sampler, seed, directions: DIRECTIONS });
      const front = paretoFront(runTrials(study, objectives, TRIALS), DIRECTIONS);
      return hypervolume(
        front.map(({ values }) => values),
        REFERENCE,
      );
    });
    // Less volume is worse.
    const p = mannWhitneyGreater(
      ours.map((volume) => -volume),
      theirs.map((volume) => -volume),
    );
    expect(p, `medians ${median(ours)} and ${median(theirs)}`).toBeGreaterThan(0.001);
  });
});
