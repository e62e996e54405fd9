/** Studies and trials for tests of samplers. */
import * as v from 'valibot';
import type { Direction } from '../../src/config/search/search';
import { searchSpace, type SearchSpaceInput } from '../../src/config/search/space';
import type { TrialParams, TrialRow } from '../../src/store/study';
import { noPruner } from '../../src/sweeps/pruners/none';
import type { Sampler } from '../../src/sweeps/samplers/sampler';
import { Space } from '../../src/sweeps/space/space';
import { Study, type Outcome, type StudySettings } from '../../src/sweeps/study';

/** A search space as people write it, ready for samplers. */
export const spaceOf = (input: SearchSpaceInput, constraints: string[] = []): Space =>
  new Space(v.parse(searchSpace, input), constraints);

/** A trial that is complete unless said otherwise. */
export const trialRow = (changes: Partial<TrialRow> & Pick<TrialRow, 'number'>): TrialRow => ({
  study_id: 'study',
  state: 'complete',
  reason: null,
  params: {},
  values: null,
  intermediate: { steps: [], values: [] },
  violation: 0,
  attributes: {},
  run_ids: [],
  steps: 0,
  started: 0,
  ended: 1,
  ...changes,
});

/** What a study of a test is made of. */
export interface StudyOptions {
  space: Space;
  sampler: Sampler;
  seed?: number;
  directions?: readonly Direction[];
}

/** A study without a pruner. */
export const studyOf = (
  { space, sampler, seed = 0, directions = ['minimize'] }: StudyOptions,
  trials: readonly TrialRow[] = [],
  warm: readonly TrialRow[] = [],
): Study => {
  const settings: StudySettings = {
    id: 'study',
    name: 'study',
    seed,
    directions,
    space,
    sampler,
    pruner: noPruner(),
    nTrials: null,
    maxResource: 1,
  };
  return new Study(settings, trials, warm);
};

/** An objective: a value, one a direction, or how the trial ended. */
export type Objective = (params: TrialParams, number: number) => number | number[] | Outcome;

/** Runs trials one after another until there are `count`. */
export function runTrials(study: Study, objective: Objective, count: number): readonly TrialRow[] {
  while (study.trials.length < count || study.trials.some(({ state }) => state === 'waiting')) {
    const trial = study.ask(0);
    if (!trial) break;
    const result = objective(trial.params, trial.number);
    const values = typeof result === 'number' ? [result] : Array.isArray(result) ? result : null;
    study.tell(trial.number, values ? { state: 'complete', values } : (result as Outcome), 1);
  }
  return study.trials;
}
