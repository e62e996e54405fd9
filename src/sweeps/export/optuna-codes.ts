/** Numbers in Optuna's journal, and the attributes in which a study of ours keeps what Optuna has no place for. */
import type { Direction } from '../../config/search/search';
import type { TrialState } from '../../store/study';

/** What a line of the journal does (optuna/storages/journal/_storage.py, `JournalOperation`). */
export const OP = {
  createStudy: 0,
  deleteStudy: 1,
  studyUserAttribute: 2,
  studySystemAttribute: 3,
  createTrial: 4,
  trialParameter: 5,
  trialState: 6,
  intermediateValue: 7,
  trialUserAttribute: 8,
  trialSystemAttribute: 9,
  /** Only of Optuna's port to Rust; Optuna itself passes over it. */
  discardTrials: 10,
} as const;

/** `optuna.study.StudyDirection` */
export const DIRECTION_CODE: Record<Direction, number> = { minimize: 1, maximize: 2 };

/** `optuna.trial.TrialState` */
export const STATE_CODE: Record<TrialState, number> = { running: 0, complete: 1, pruned: 2, failed: 3, waiting: 4 };

/** System attributes that Optuna and its dashboard know. */
export const SYSTEM = {
  /** Of a study: names of its objectives. */
  metricNames: 'study:metric_names',
  /** Of a trial: numbers that are positive where a constraint is violated. Newer files have `constraints:NAME` each. */
  constraints: 'constraints',
  /** Of a waiting trial: values that are not to be sampled. */
  fixedParams: 'fixed_params',
  /** Of a trial: why its objective was not accepted. */
  tellWarning: 'STUDY_TELL_WARNING',
  /** Of a study: its note in the dashboard, in pieces `dashboard:note_str:0` … */
  notePiece: 'dashboard:note_str:',
  /** Of a study: our search space, with the conditions, booleans and lists that Optuna has not. */
  space: 'lathe:search_space',
} as const;

/** User attributes of ours. Those of a trial stand beside the attributes of its sampler. */
export const USER = {
  notes: 'notes',
  tags: 'tags',
  dataset: 'dataset',
  reason: 'reason',
  runs: 'run_ids',
  steps: 'steps',
  /** Name of the browser that trained it, where that was not the study's own. */
  worker: 'trained_by',
} as const;
