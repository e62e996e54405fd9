/** A study for tests of charts: rows as the store has them, nothing trained. */
import type { SearchSpace } from '../../../../../../src/config/search/space';
import type { Objective, StudyRow, TrialRow } from '../../../../../../src/store/study';

/** A study of this space and these objectives. */
export function makeStudy(
  space: SearchSpace,
  objectives: Objective[] = [{ metric: 'val_loss', direction: 'minimize' }],
): StudyRow {
  return {
    id: 's',
    name: 'study',
    created: 0,
    updated: 0,
    deleted_at: null,
    status: 'running',
    reason: null,
    config: null,
    config_hash: null,
    dataset_id: null,
    dataset_name: null,
    dataset_hash: null,
    objectives,
    space,
    warm_start: null,
    notes: '',
    tags: [],
    counts: { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 },
    best: null,
    seconds: 0,
    steps: 0,
    notices: [],
  };
}

/** A complete trial, changed as given. */
export function makeTrial(number: number, change: Partial<TrialRow> = {}): TrialRow {
  return {
    study_id: 's',
    number,
    state: 'complete',
    reason: null,
    params: {},
    values: [1],
    intermediate: { steps: [], values: [] },
    violation: 0,
    attributes: {},
    run_ids: [],
    steps: 0,
    started: null,
    ended: null,
    ...change,
  };
}

/** A learning rate (logarithmic), a depth (whole), an optimizer, and a momentum that only sgd has. */
export const SPACE: SearchSpace = {
  'training.optimizer.learning_rate': { type: 'float', low: 1e-4, high: 1, log: true, step: null, when: null },
  'model.depth': { type: 'int', low: 1, high: 5, log: false, step: 1, when: null },
  'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw'], when: null },
  'training.optimizer.momentum': {
    type: 'float',
    low: 0,
    high: 1,
    log: false,
    step: null,
    when: { 'training.optimizer.name': 'sgd' },
  },
};

/** Values of `SPACE`. */
export const params = (learning_rate: number, depth: number, momentum?: number): TrialRow['params'] => ({
  'training.optimizer.learning_rate': learning_rate,
  'model.depth': depth,
  'training.optimizer.name': momentum === undefined ? 'adamw' : 'sgd',
  ...(momentum === undefined ? {} : { 'training.optimizer.momentum': momentum }),
});
