/** A study with every kind of parameter and of trial, for tests of its files. */
import type { StudyRow, TrialRow } from '../../../../src/store/study';

/** 3 November 2026, 10:00 UTC. */
export const START = Date.UTC(2026, 10, 3, 10);

/** A trial of the study `st`, complete unless said otherwise. */
export function trialRow(fields: Partial<TrialRow> & { number: number }): TrialRow {
  return {
    study_id: 'st',
    state: 'complete',
    reason: null,
    params: {},
    values: null,
    intermediate: { steps: [], values: [] },
    violation: 0,
    attributes: {},
    run_ids: [],
    steps: 0,
    started: START + fields.number * 60_000,
    ended: START + fields.number * 60_000 + 30_000,
    ...fields,
  };
}

/** A study over float, int, categorical (with lists), bool and a conditional parameter. */
export function studyRow(fields: Partial<StudyRow> = {}): StudyRow {
  return {
    id: 'st',
    name: 'digits sweep',
    created: START,
    updated: START + 3_600_000,
    deleted_at: null,
    status: 'finished',
    reason: null,
    config: null,
    config_hash: null,
    dataset_id: null,
    dataset_name: 'mnist',
    dataset_hash: null,
    objectives: [{ metric: 'val_loss', direction: 'minimize' }],
    space: {
      'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 0.1, log: true, step: null, when: null },
      'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw'], when: null },
      'training.optimizer.momentum': {
        type: 'float',
        low: 0.1,
        high: 0.35,
        log: false,
        step: 0.1,
        when: { 'training.optimizer.name': 'sgd' },
      },
      'model.layers': { type: 'int', low: 1, high: 8, log: false, step: 2, when: null },
      'model.filters': { type: 'categorical', choices: [[16, 32], [64], null], when: null },
      'data.split.stratify': { type: 'bool', when: null },
    },
    warm_start: null,
    notes: 'First look.\nÄ second line.',
    tags: ['small', 'cnn'],
    counts: { waiting: 1, running: 0, complete: 2, pruned: 1, failed: 1 },
    best: null,
    seconds: 300,
    steps: 120,
    notices: [],
    ...fields,
  };
}

/** Two complete trials, a pruned, a failed and a waiting one. */
export const TRIALS: TrialRow[] = [
  trialRow({
    number: 0,
    params: {
      'training.optimizer.learning_rate': 0.001,
      'training.optimizer.name': 'sgd',
      'training.optimizer.momentum': 0.3,
      'model.layers': 3,
      'model.filters': [16, 32],
      'data.split.stratify': true,
    },
    values: [0.5],
    intermediate: { steps: [0, 1, 2], values: [0.9, Infinity, 0.5] },
    attributes: { generation: 1, parents: [0, 2] },
    run_ids: ['run0'],
    steps: 60,
  }),
  trialRow({
    number: 1,
    params: {
      'training.optimizer.learning_rate': 0.02,
      'training.optimizer.name': 'adamw',
      'model.layers': 5,
      'model.filters': null,
      'data.split.stratify': false,
    },
    values: [0.25],
    intermediate: { steps: [0, 1, 2], values: [0.8, 0.4, 0.25] },
    violation: 1.5,
    run_ids: ['run1', 'run2'],
    steps: 60,
  }),
  trialRow({
    number: 2,
    state: 'pruned',
    reason: 'Worse than the median.',
    params: {
      'training.optimizer.learning_rate': 1e-5,
      'training.optimizer.name': 'adamw',
      'model.layers': 1,
      'model.filters': [64],
      'data.split.stratify': false,
    },
    values: [2.5],
    intermediate: { steps: [0], values: [2.5] },
    steps: 20,
  }),
  trialRow({
    number: 3,
    state: 'failed',
    reason: 'Its loss became NaN, at step 7: "too fast", it seems.',
    params: {
      'training.optimizer.learning_rate': 0.1,
      'training.optimizer.name': 'adamw',
      'model.layers': 7,
      'model.filters': [64],
      'data.split.stratify': true,
    },
    intermediate: { steps: [0], values: [NaN] },
  }),
  trialRow({
    number: 4,
    state: 'waiting',
    params: { 'model.filters': [64], 'training.optimizer.learning_rate': 0.01 },
    started: null,
    ended: null,
  }),
];
