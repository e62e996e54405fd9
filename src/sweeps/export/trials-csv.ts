/** Trials as a table, one row each, as a spreadsheet or a data frame reads it. */
import Papa from 'papaparse';
import type { ParameterValue } from '../../config/search/space';
import type { StudyRow, TrialRow } from '../../store/study';

/**
 * The trials as CSV (RFC 4180, ends of lines CRLF). Columns: `number`, `state`, one per objective under its metric's name,
 * `params_KEY` per parameter, `steps`, `started` and `ended` (ISO 8601, UTC), `duration_s`, `reason`. A cell is empty where
 * there is nothing: a parameter that was not active, a time that has not come. Lists are written as JSON. Where other browsers
 * trained trials, `trained_by` names them.
 */
export function writeTrialsCsv(study: StudyRow, trials: readonly TrialRow[]): string {
  const keys = Object.keys(study.space);
  const shared = trials.some(({ worker }) => worker);
  const fields = [
    'number',
    'state',
    ...study.objectives.map(({ metric }) => metric),
    ...keys.map((key) => `params_${key}`),
    'steps',
    'started',
    'ended',
    'duration_s',
    'reason',
    ...(shared ? ['trained_by'] : []),
  ];
  const data = trials.map((trial) => [
    trial.number,
    trial.state,
    ...study.objectives.map((_, i) => trial.values?.[i]),
    ...keys.map((key) => (Object.hasOwn(trial.params, key) ? cell(trial.params[key]) : undefined)),
    trial.steps,
    time(trial.started),
    time(trial.ended),
    trial.started === null || trial.ended === null ? undefined : (trial.ended - trial.started) / 1000,
    trial.reason,
    ...(shared ? [trial.worker && (trial.worker.name || trial.worker.id)] : []),
  ]);
  return `${Papa.unparse({ fields, data })}\r\n`;
}

const cell = (value: ParameterValue): string | number | boolean =>
  value === null || Array.isArray(value) ? JSON.stringify(value) : value;

const time = (milliseconds: number | null): string | undefined =>
  milliseconds === null ? undefined : new Date(milliseconds).toISOString();
