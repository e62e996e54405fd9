/**
 * A study as an Optuna journal: `JournalStorage(JournalFileBackend(path))` of Optuna 5.0 opens it and goes on with it, and
 * so does optuna-dashboard. One JSON object a line, each an operation; ids of studies and trials count from 0.
 *
 * Optuna's choices are null, booleans, numbers and text. A list among them is written as its JSON text (`"[64,32]"`), and
 * is that text in Optuna; the search space stands beside it in a system attribute, so that `readOptunaJournal` makes it a
 * list again.
 */
import type { ParameterSpec, SearchSpace } from '../../config/search/space';
import type { Json, StudyRow, TrialRow } from '../../store/study';
import { distributionOf, toInternal } from '../space/distribution';
import { DIRECTION_CODE, OP, STATE_CODE, SYSTEM, USER } from './optuna-codes';
import { distributionToJson, toOptunaChoice } from './optuna-distribution';
import { formatPythonJson, PythonFloat, type PythonJson } from './python-json';

/** One operation without its worker. */
type Operation = { op_code: number } & Record<string, PythonJson>;

/** Writes the journal. @param trials By number, from 0 without gaps: Optuna numbers them by their order. */
export function writeOptunaJournal(study: StudyRow, trials: readonly TrialRow[]): string {
  const codes = new Map(
    Object.entries(study.space).map(([key, spec]) => [key, { spec, json: distributionToJson(spec) }]),
  );
  const operations = [
    ...studyOperations(study),
    ...trials.flatMap((trial, id) => trialOperations(study, trial, id, codes)),
  ];
  return operations
    .map(({ op_code, ...fields }) => `${formatPythonJson({ op_code, worker_id: 'lathe', ...fields })}\n`)
    .join('');
}

function studyOperations(study: StudyRow): Operation[] {
  const { name, objectives, tags, notes, dataset_name, space } = study;
  const user = (key: string, value: PythonJson): Operation => ({
    op_code: OP.studyUserAttribute,
    study_id: 0,
    user_attr: { [key]: value },
  });
  const system = (key: string, value: PythonJson): Operation => ({
    op_code: OP.studySystemAttribute,
    study_id: 0,
    system_attr: { [key]: value },
  });
  return [
    {
      op_code: OP.createStudy,
      study_name: name,
      directions: objectives.map(({ direction }) => DIRECTION_CODE[direction]),
    },
    system(
      SYSTEM.metricNames,
      objectives.map(({ metric }) => metric),
    ),
    system(SYSTEM.space, spaceDocument(space)),
    ...(dataset_name !== null ? [user(USER.dataset, dataset_name)] : []),
    ...(tags.length > 0 ? [user(USER.tags, tags)] : []),
    ...(notes !== '' ? [user(USER.notes, notes)] : []),
  ];
}

const spaceDocument = (space: SearchSpace): PythonJson =>
  Object.fromEntries(
    Object.entries(space).map(([key, { when, ...range }]) => [key, when === null ? range : { ...range, when }]),
  );

/** The order that every reader shows right: the trial with its parameters, what was reported and noted, how it ended. */
function trialOperations(
  study: StudyRow,
  trial: TrialRow,
  trial_id: number,
  codes: ReadonlyMap<string, { spec: ParameterSpec; json: string }>,
): Operation[] {
  if (trial.state === 'waiting') return [waitingTrial(trial)];
  const active = Object.entries(trial.params).flatMap(([key, value]) => {
    const code = codes.get(key);
    return code ? [{ key, json: code.json, internal: internalValue(code.spec, value) }] : [];
  });
  // Optuna's charts of time need both ends of a trial.
  const started = timestamp(trial.started ?? trial.ended ?? study.created);
  const { state, values } = outcome(trial, study.objectives.length);
  return [
    {
      op_code: OP.createTrial,
      study_id: 0,
      datetime_start: started,
      state: STATE_CODE.running,
      params: Object.fromEntries(active.map(({ key, internal }) => [key, internal])),
      distributions: Object.fromEntries(active.map(({ key, json }) => [key, json])),
    },
    ...trial.intermediate.steps.map((step, i) => ({
      op_code: OP.intermediateValue,
      trial_id,
      step,
      intermediate_value: new PythonFloat(trial.intermediate.values[i]),
    })),
    ...Object.entries(userAttributes(trial)).map(([key, value]) => ({
      op_code: OP.trialUserAttribute,
      trial_id,
      user_attr: { [key]: value },
    })),
    ...(trial.violation > 0
      ? [
          {
            op_code: OP.trialSystemAttribute,
            trial_id,
            system_attr: { [SYSTEM.constraints]: [new PythonFloat(trial.violation)] },
          },
        ]
      : []),
    ...(state === 'running'
      ? []
      : [
          {
            op_code: OP.trialState,
            trial_id,
            state: STATE_CODE[state],
            values,
            datetime_start: started,
            datetime_complete: timestamp(trial.ended ?? trial.started ?? study.created),
          },
        ]),
  ];
}

function waitingTrial(trial: TrialRow): Operation {
  const fixed = Object.entries(trial.params).map(([key, value]) => [key, toOptunaChoice(value)] as const);
  return {
    op_code: OP.createTrial,
    study_id: 0,
    datetime_start: null,
    state: STATE_CODE.waiting,
    params: {},
    distributions: {},
    user_attrs: userAttributes(trial),
    system_attrs: fixed.length > 0 ? { [SYSTEM.fixedParams]: Object.fromEntries(fixed) } : {},
    intermediate_values: {},
  };
}

const internalValue = (spec: ParameterSpec, value: TrialRow['params'][string]): PythonJson => {
  const internal = toInternal(distributionOf(spec), value);
  return spec.type === 'float' || spec.type === 'int' ? new PythonFloat(internal) : internal;
};

/** Its state and values as Optuna allows them: a complete trial has one number an objective, a pruned one at most that. */
function outcome(trial: TrialRow, objectives: number): { state: TrialRow['state']; values: PythonFloat[] | null } {
  const { values } = trial;
  const allowed = values?.length === objectives && !values.some((value) => Number.isNaN(value));
  const state = trial.state === 'complete' && !allowed ? 'failed' : trial.state;
  return {
    state,
    values: values && allowed && state !== 'failed' ? values.map((value) => new PythonFloat(value)) : null,
  };
}

function userAttributes({ attributes, reason, run_ids, steps, worker }: TrialRow): Record<string, Json> {
  return {
    ...attributes,
    ...(reason !== null && { [USER.reason]: reason }),
    ...(run_ids.length > 0 && { [USER.runs]: run_ids }),
    ...(steps > 0 && { [USER.steps]: steps }),
    ...(worker && { [USER.worker]: worker.name || worker.id }),
  };
}

/** Milliseconds since the epoch in ISO 8601 with the offset that Python's `fromisoformat` reads in every version. */
const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('Z', '+00:00');
