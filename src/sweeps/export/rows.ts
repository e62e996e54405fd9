/** Rows of a study that came from elsewhere, complete: what follows from its trials is worked out. */
import { newId } from '../../base/ids';
import type { StudyRow, TrialRow, TrialState } from '../../store/study';
import { isBetter } from '../study';

/** What is known of a trial. */
export type TrialFields = Partial<Omit<TrialRow, 'study_id'>> & Pick<TrialRow, 'number' | 'state'>;

/** What is known of a study. */
export type StudyFields = Pick<StudyRow, 'name' | 'objectives' | 'space'> &
  Partial<Pick<StudyRow, 'dataset_name' | 'notes' | 'tags' | 'notices'>>;

/** A finished study with an id of its own, and its trials. `now`: when it came, in milliseconds since the epoch. */
export function finishedStudy(
  fields: StudyFields,
  trialFields: readonly TrialFields[],
  now: number,
): { study: StudyRow; trials: TrialRow[] } {
  const id = newId();
  const trials = trialFields.map((trial) => trialRow(id, trial));
  const starts = trials.flatMap(({ started }) => started ?? []);
  const ends = trials.flatMap(({ ended }) => ended ?? []);
  const study: StudyRow = {
    dataset_name: null,
    notes: '',
    tags: [],
    notices: [],
    ...fields,
    id,
    created: starts.reduce((least, start) => Math.min(least, start), now),
    updated: ends.length > 0 ? ends.reduce((most, end) => Math.max(most, end)) : now,
    deleted_at: null,
    status: 'finished',
    reason: null,
    config: null,
    config_hash: null,
    dataset_id: null,
    dataset_hash: null,
    warm_start: null,
    counts: countStates(trials),
    best: fields.objectives.length === 1 ? bestOf(fields.objectives[0], trials) : null,
    seconds: busySeconds(trials),
    steps: trials.reduce((sum, { steps }) => sum + steps, 0),
  };
  return { study, trials };
}

function trialRow(study_id: string, fields: TrialFields): TrialRow {
  return {
    reason: null,
    params: {},
    values: null,
    intermediate: { steps: [], values: [] },
    violation: 0,
    attributes: {},
    run_ids: [],
    steps: 0,
    started: null,
    ended: null,
    ...fields,
    study_id,
  };
}

function countStates(trials: readonly TrialRow[]): Record<TrialState, number> {
  const counts = { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 };
  for (const { state } of trials) counts[state]++;
  return counts;
}

function bestOf({ direction }: StudyRow['objectives'][number], trials: readonly TrialRow[]): StudyRow['best'] {
  let best: StudyRow['best'] = null;
  for (const { state, violation, number, values, params } of trials) {
    if (state !== 'complete' || violation > 0 || !values) continue;
    if (!best || isBetter(direction, values[0], best.values[0])) best = { number, values, params };
  }
  return best;
}

/** Seconds in which at least one trial ran. */
function busySeconds(trials: readonly TrialRow[]): number {
  const spans = trials
    .flatMap(({ started, ended }) => (started === null || ended === null ? [] : [{ started, ended }]))
    .sort((a, b) => a.started - b.started);
  let busy = 0;
  let until = -Infinity;
  for (const { started, ended } of spans) {
    busy += Math.max(0, ended - Math.max(started, until));
    until = Math.max(until, ended);
  }
  return busy / 1000;
}
