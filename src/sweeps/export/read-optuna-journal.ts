/** The studies of an Optuna journal file, whether Optuna wrote it or we did. */
import * as v from 'valibot';
import { LatheError } from '../../base/errors';
import type { Notice } from '../../store/schema';
import type { Json, Objective, StudyRow, TrialRow, TrialState } from '../../store/study';
import type { SearchSpace } from '../../config/search/space';
import { distributionOf } from '../space/distribution';
import { STATE_CODE, SYSTEM, USER } from './optuna-codes';
import { toOptunaChoice } from './optuna-distribution';
import { readOperation } from './optuna-operations';
import { OptunaReplay, type OptunaStudy, type OptunaTrial } from './optuna-replay';
import { spaceOf, type OptunaSpace } from './optuna-space';
import { finishedStudy, type TrialFields } from './rows';

/** A study with its trials, by number. */
export interface ReadStudy {
  study: StudyRow;
  trials: TrialRow[];
}

/**
 * Reads a journal. Studies have new ids, no config and the status finished; a trial that was running when the file was
 * taken counts as failed. A last line that was cut off is left out, and a notice says so.
 * @param file Its name, for errors.
 * @throws LatheError of kind `data` that names the line.
 */
export function readOptunaJournal(text: string, file: string, now = Date.now()): ReadStudy[] {
  if (text.startsWith('SQLite format 3')) {
    throw new LatheError(
      'data',
      `${file} is an SQLite database, not a journal. In Python, optuna.copy_study(…, to_storage=JournalStorage(JournalFileBackend("study.log"))) writes one.`,
      { file },
    );
  }
  const { replay, notices } = replayed(text, file);
  const { studies } = replay;
  if (studies.length === 0) {
    throw new LatheError(
      'data',
      `${file}: no study is in this file. Choose a file that Optuna’s JournalStorage wrote.`,
      {
        file,
      },
    );
  }
  return studies.map((study) => readStudy(study, notices, now));
}

function replayed(text: string, file: string): { replay: OptunaReplay; notices: Notice[] } {
  const replay = new OptunaReplay();
  const notices: Notice[] = [];
  let row = 0;
  for (let start = 0; start < text.length;) {
    row++;
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    start = end + 1;
    if (line.trim() === '') continue;
    try {
      replay.apply(readOperation(line));
    } catch (error) {
      if (newline < 0 && error instanceof SyntaxError && row > 1) {
        notices.push({
          level: 'warning',
          message: `The last line of ${file} is cut off and was left out: line ${row}.`,
        });
        continue;
      }
      const reason = error instanceof Error ? error.message : String(error);
      throw new LatheError('data', `${file}, line ${row}: ${reason}.`, { file, row }, [], { cause: error });
    }
  }
  return { replay, notices };
}

function readStudy(optuna: OptunaStudy, fileNotices: readonly Notice[], now: number): ReadStudy {
  const joined = spaceOf(optuna);
  const notices = [...fileNotices, ...joined.notices];
  const running = optuna.trials.filter(({ state }) => state === STATE_CODE.running).length;
  if (running > 0) {
    notices.push({
      level: 'info',
      message: `${running === 1 ? 'One trial was' : `${running} trials were`} running when the file was taken: counted as failed.`,
    });
  }
  return finishedStudy(
    {
      name: optuna.name,
      objectives: objectivesOf(optuna),
      space: joined.space,
      dataset_name: textOr(optuna.user[USER.dataset], null),
      notes: textOr(optuna.user[USER.notes], dashboardNote(optuna)),
      tags: v.parse(v.fallback(TEXTS, []), optuna.user[USER.tags]),
      notices,
    },
    optuna.trials.map((trial, number) => readTrial(trial, number, joined)),
    now,
  );
}

const TEXTS = v.array(v.string());
const ATTRIBUTES = v.record(v.string(), v.unknown());
const STEPS = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const NUMBERS = v.array(v.union([v.number(), v.nan()]));
const PLAIN = v.union([v.string(), v.number(), v.boolean(), v.null()]);
const JSON_VALUE: v.GenericSchema<Json> = v.union([
  PLAIN,
  v.nan(),
  v.array(v.lazy(() => JSON_VALUE)),
  v.record(
    v.string(),
    v.lazy(() => JSON_VALUE),
  ),
]);

const textOr = <T>(value: unknown, otherwise: T): string | T => (typeof value === 'string' ? value : otherwise);

function objectivesOf({ directions, system }: OptunaStudy): Objective[] {
  const names = system[SYSTEM.metricNames];
  const given = v.is(TEXTS, names) && names.length === directions.length ? names : null;
  return directions.map((code, i) => ({
    // Optuna's own names in a data frame.
    metric: given?.[i] ?? (directions.length === 1 ? 'value' : `values_${i}`),
    direction: code === 1 ? 'minimize' : 'maximize',
  }));
}

/** The note of optuna-dashboard, which keeps it in pieces. */
function dashboardNote({ system }: OptunaStudy): string {
  let note = '';
  for (let i = 0; ; i++) {
    const piece = system[`${SYSTEM.notePiece}${i}`];
    if (typeof piece !== 'string') return note;
    note += piece;
  }
}

const STATES: Record<number, TrialState> = Object.fromEntries(
  (['running', 'complete', 'pruned', 'failed', 'waiting'] as const).map((state) => [STATE_CODE[state], state]),
);

function readTrial(trial: OptunaTrial, number: number, { space, valueOf }: OptunaSpace): TrialFields {
  const { reason, run_ids, steps, attributes } = userAttributes(trial);
  const reported = [...trial.intermediate].sort(([a], [b]) => a - b);
  const params = [...trial.params].flatMap(([key, parameter]) => {
    const value = valueOf(key, parameter);
    return value === undefined ? [] : [[key, value] as const];
  });
  const noNumber = trial.state === STATE_CODE.complete && trial.values?.some((value) => Number.isNaN(value));
  const state = noNumber || trial.state === STATE_CODE.running ? 'failed' : STATES[trial.state];
  return {
    number,
    state,
    reason: reason ?? (state === 'failed' ? whyFailed(trial) : null),
    params: state === 'waiting' ? fixedParams(trial, space) : Object.fromEntries(params),
    values: state === 'failed' ? null : trial.values,
    intermediate: { steps: reported.map(([step]) => step), values: reported.map(([, value]) => value) },
    violation: violationOf(trial),
    attributes,
    run_ids,
    steps,
    started: trial.started,
    ended: trial.ended,
  };
}

function whyFailed({ state, system }: OptunaTrial): string {
  if (state === STATE_CODE.running) return 'It was still running when its file was taken.';
  if (state === STATE_CODE.complete) return 'Its objective is no number.';
  return textOr(system[SYSTEM.tellWarning], 'Its file does not say why.');
}

/** Our own attributes among those of a trial; all others are kept as they are. */
function userAttributes({
  user,
}: OptunaTrial): Pick<TrialRow, 'run_ids' | 'steps' | 'attributes'> & { reason: string | null } {
  const attributes: Record<string, Json> = {};
  let reason: string | null = null;
  let run_ids: string[] = [];
  let steps = 0;
  for (const [key, value] of Object.entries(user)) {
    if (key === USER.reason && typeof value === 'string') reason = value;
    else if (key === USER.runs && v.is(TEXTS, value)) run_ids = value;
    else if (key === USER.steps && v.is(STEPS, value)) steps = value;
    else if (v.is(JSON_VALUE, value)) attributes[key] = value;
  }
  return { reason, run_ids, steps, attributes };
}

/** The violations of a trial's constraints, summed: of the older list and of the newer single ones. */
function violationOf({ system }: OptunaTrial): number {
  const list = system[SYSTEM.constraints];
  const single = Object.entries(system).flatMap(([key, value]) =>
    key.startsWith(`${SYSTEM.constraints}:`) ? [value] : [],
  );
  return [list, single]
    .flatMap((values) => (v.is(NUMBERS, values) ? values : []))
    .reduce((sum, value) => sum + (value > 0 ? value : 0), 0);
}

/** Values that a waiting trial was enqueued with. */
function fixedParams({ system }: OptunaTrial, space: SearchSpace): TrialRow['params'] {
  const fixed = system[SYSTEM.fixedParams];
  if (!v.is(ATTRIBUTES, fixed)) return {};
  return Object.fromEntries(
    Object.entries(fixed).flatMap(([key, value]) => {
      const range = Object.hasOwn(space, key) ? distributionOf(space[key]) : null;
      const choice =
        range?.type === 'categorical' ? range.choices.find((other) => toOptunaChoice(other) === value) : undefined;
      if (choice !== undefined) return [[key, choice]];
      return v.is(PLAIN, value) ? [[key, value]] : [];
    }),
  );
}
