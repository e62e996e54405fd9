/** Trials and views of studies for tests of samplers. */
import * as v from 'valibot';
import { searchSpace, type SearchSpaceInput } from '../../../src/config/search/space';
import type { TrialRow } from '../../../src/store/study';
import type { Sampler, StudyView } from '../../../src/sweeps/samplers/sampler';
import { Space } from '../../../src/sweeps/space/space';

/** A space as the config writes it. */
export const spaceOf = (space: SearchSpaceInput): Space => new Space(v.parse(searchSpace, space));

/** A space whose constraints are a function. */
export function constrained(space: SearchSpaceInput, allows: Space['allows']): Space {
  return Object.assign(spaceOf(space), { allows });
}

/** A complete trial with these parameters, changed. */
export function trial(number: number, change: Partial<TrialRow> = {}): TrialRow {
  return {
    study_id: 'study',
    number,
    state: 'complete',
    reason: null,
    params: {},
    values: [0],
    intermediate: { steps: [], values: [] },
    violation: 0,
    attributes: {},
    run_ids: [],
    steps: 0,
    started: 0,
    ended: 0,
    ...change,
  };
}

/** A study that minimises one objective. */
export function viewOf(space: Space, trials: readonly TrialRow[] = [], change: Partial<StudyView> = {}): StudyView {
  return { name: 'study', seed: 7, directions: ['minimize'], space, trials, maxResource: 1, ...change };
}

/** Runs `count` trials one after another, each told what `evaluate` makes of it, and gives them all. */
export function runTrials(
  sampler: Sampler,
  view: StudyView,
  count: number,
  evaluate: (params: TrialRow['params'], number: number) => Partial<TrialRow>,
): TrialRow[] {
  const trials = [...view.trials];
  for (let number = 0; number < count; number++) {
    const suggestion = sampler.suggest({ ...view, trials }, number, {});
    if (!suggestion) break;
    const { params, attributes = {} } = suggestion;
    trials.push(trial(number, { params, attributes, ...evaluate(params, number) }));
  }
  return trials;
}
