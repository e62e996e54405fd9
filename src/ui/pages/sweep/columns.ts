/** The columns of the table of trials, and how trials are searched and sorted. To add one: one entry. */
import type { StudyRow, TrialRow, TrialState } from '../../../store/study';
import { formatAgo, formatCount, formatDuration } from '../../format';
import { metricInfo } from '../../metrics';
import { shortNames, showParameter, workerName } from '../../studies';

/** One column. The number of the trial is not among them: it always stands first. */
export interface TrialColumn {
  id: string;
  title: string;
  group: 'Trial' | 'Objectives' | 'Parameters';
  /** What it is sorted by: null stands last, whichever way. */
  key: (trial: TrialRow) => number | string | null;
  show: (trial: TrialRow) => string;
  number: boolean;
  /** In pixels. */
  width: number;
}

const secondsOf = ({ started, ended }: TrialRow): number | null =>
  started === null || ended === null ? null : Math.max(0, ended - started) / 1000;

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

const STATE: TrialColumn = {
  id: 'state',
  title: 'State',
  group: 'Trial',
  key: ({ state }) => state,
  show: ({ state }) => state,
  number: false,
  width: 84,
};

const COURSE: TrialColumn[] = [
  {
    id: 'reports',
    title: 'Reports',
    group: 'Trial',
    key: ({ intermediate }) => intermediate.steps.length,
    show: ({ intermediate }) => formatCount(intermediate.steps.length),
    number: true,
    width: 62,
  },
  {
    id: 'steps',
    title: 'Steps',
    group: 'Trial',
    key: ({ steps }) => steps,
    show: ({ steps }) => formatCount(steps),
    number: true,
    width: 64,
  },
  {
    id: 'duration',
    title: 'Duration',
    group: 'Trial',
    key: secondsOf,
    show: (trial) => formatDuration(secondsOf(trial)),
    number: true,
    width: 82,
  },
  {
    id: 'started',
    title: 'Started',
    group: 'Trial',
    key: ({ started }) => started,
    show: ({ started }) => (started === null ? '–' : formatAgo(started)),
    number: true,
    width: 96,
  },
  {
    id: 'reason',
    title: 'Reason',
    group: 'Trial',
    key: ({ reason }) => reason,
    show: ({ reason }) => reason ?? '',
    number: false,
    width: 200,
  },
];

const WHERE: TrialColumn = {
  id: 'where',
  title: 'Trained by',
  group: 'Trial',
  key: ({ worker }) => (worker ? workerName(worker) : ''),
  show: ({ worker, state }) => (worker ? workerName(worker) : state === 'waiting' ? '–' : 'this browser'),
  number: false,
  width: 110,
};

/** All columns of a study’s trials, in the order of the table. */
export function columnsOf(study: StudyRow): TrialColumn[] {
  const names = shortNames(Object.keys(study.space));
  return [
    STATE,
    ...study.objectives.map(({ metric }, index): TrialColumn => ({
      id: `value.${index}`,
      title: metric,
      group: 'Objectives',
      key: ({ values }) => finite(values?.[index]),
      show: ({ values }) => metricInfo(metric).format(values?.[index]),
      number: true,
      width: Math.max(84, metric.length * 8),
    })),
    ...Object.entries(study.space).map(([key, spec]): TrialColumn => {
      const number = spec.type === 'float' || spec.type === 'int';
      const title = names.get(key) ?? key;
      return {
        id: `param.${key}`,
        title,
        group: 'Parameters',
        key: ({ params }) => {
          if (!(key in params)) return null;
          const value = params[key];
          return typeof value === 'number' ? value : showParameter(value);
        },
        show: ({ params }) => showParameter(params[key]),
        number,
        width: Math.max(80, Math.min(150, title.length * 7.5)),
      };
    }),
    ...(study.group ? [WHERE] : []),
    ...COURSE,
  ];
}

/** Sorts trials by a column; those without a value stay at the end. */
export function sortTrials(
  trials: readonly TrialRow[],
  by: TrialColumn | 'number',
  descending: boolean,
): readonly TrialRow[] {
  const sign = descending ? -1 : 1;
  if (by === 'number') return descending ? trials.toReversed() : trials;
  // Each key is worked out once, not at every comparison.
  const keyed = trials.map((trial) => ({ trial, key: by.key(trial) }));
  const letters = new Intl.Collator('en', { numeric: true });
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      return a.key === b.key ? a.trial.number - b.trial.number : a.key === null ? 1 : -1;
    }
    const order =
      typeof a.key === 'number' && typeof b.key === 'number'
        ? a.key - b.key
        : letters.compare(String(a.key), String(b.key));
    return sign * order || a.trial.number - b.trial.number;
  });
  return keyed.map(({ trial }) => trial);
}

/** Trials in one of the states (none named: in any), each word of the search in number, parameters or reason. */
export function searchTrials(
  trials: readonly TrialRow[],
  query: string,
  states: ReadonlySet<TrialState>,
  among: ReadonlySet<number> | null,
): readonly TrialRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && states.size === 0 && !among) return trials;
  return trials.filter((trial) => {
    if (states.size > 0 && !states.has(trial.state)) return false;
    if (among && !among.has(trial.number)) return false;
    if (words.length === 0) return true;
    const params = Object.entries(trial.params).map(([key, value]) => `${key}=${showParameter(value)}`);
    const text = [`#${trial.number}`, trial.state, ...params, trial.reason ?? ''].join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
