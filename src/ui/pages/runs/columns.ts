/** The columns that the table of runs can show. Metrics show the best value, not the last. To add one: one entry. */
import type { RunRow } from '../../../store/schema';
import { getPath } from '../../../config/path';
import { flattenConfig } from '../../../config/diff';
import { formatAgo, formatCompact, formatCount, formatDuration, formatRate, formatSetting } from '../../format';
import { formatMetric, metricInfo, metricTitle, splitMetric } from '../../metrics';

/** One column. The name of the run is not among them: it always stands first. */
export interface RunColumn {
  id: string;
  title: string;
  group: 'Run' | 'Metrics (best)' | 'Test (best checkpoint)' | 'Config';
  /** What it is sorted by: null stands last, whichever way. */
  key: (run: RunRow) => number | string | null;
  show: (run: RunRow) => string;
  number: boolean;
  /** In pixels. */
  width: number;
}

const column = (
  id: string,
  title: string,
  width: number,
  number: boolean,
  key: RunColumn['key'],
  show: RunColumn['show'],
): RunColumn => ({
  id,
  title,
  group: 'Run',
  key,
  show,
  number,
  width,
});

const FIXED: RunColumn[] = [
  column(
    'status',
    'Status',
    90,
    false,
    (run) => run.status,
    (run) => run.status,
  ),
  column(
    'dataset',
    'Dataset',
    112,
    false,
    (run) => run.dataset_name,
    (run) => run.dataset_name,
  ),
  column(
    'architecture',
    'Model',
    84,
    false,
    (run) => run.config.model.architecture,
    (run) => run.config.model.architecture,
  ),
  column(
    'parameters',
    'Parameters',
    92,
    true,
    (run) => run.model?.parameters ?? null,
    (run) => formatCompact(run.model?.parameters),
  ),
  column(
    'step',
    'Steps',
    84,
    true,
    (run) => run.step,
    (run) => formatCount(run.step),
  ),
  column(
    'epoch',
    'Epochs',
    72,
    true,
    (run) => run.epoch,
    (run) => formatCount(run.epoch),
  ),
  column(
    'seconds',
    'Time',
    92,
    true,
    (run) => run.seconds,
    (run) => formatDuration(run.seconds),
  ),
  column(
    'throughput',
    'Throughput',
    132,
    true,
    (run) => run.samples_per_second,
    (run) => formatRate(run.samples_per_second),
  ),
  column(
    'backend',
    'Backend',
    84,
    false,
    (run) => run.backend?.backend ?? null,
    (run) => run.backend?.backend ?? '–',
  ),
  column(
    'tags',
    'Tags',
    136,
    false,
    (run) => run.tags.join(', ') || null,
    (run) => run.tags.join(', '),
  ),
  column(
    'created',
    'Created',
    96,
    true,
    (run) => run.created,
    (run) => formatAgo(run.created),
  ),
];

/** Columns shown until the user chooses others. */
export const DEFAULT_COLUMNS = [
  'status',
  'dataset',
  'architecture',
  'best.val_loss',
  'best.val_accuracy',
  'best.val_r2',
  'seconds',
  'tags',
  'created',
];

/** All columns that these runs have something for. */
export function columnsFor(runs: readonly RunRow[]): RunColumn[] {
  const best = new Set(runs.flatMap((run) => Object.keys(run.best)));
  const test = new Set(runs.flatMap((run) => Object.keys(run.metrics?.test ?? {})));
  const settings = new Set(runs.slice(0, 200).flatMap((run) => [...flattenConfig(run.config).keys()]));
  return [
    ...FIXED,
    ...[...best]
      .filter((metric) => metricInfo(metric).better !== null && splitMetric(metric).split !== 'test')
      .sort()
      .map((metric) =>
        metricColumn(`best.${metric}`, metricTitle(metric), 'Metrics (best)', metric, (run) => run.best[metric]),
      ),
    ...[...test]
      .sort()
      .map((metric) =>
        metricColumn(
          `test.${metric}`,
          metricTitle(`test_${metric}`),
          'Test (best checkpoint)',
          metric,
          (run) => run.metrics?.test[metric],
        ),
      ),
    ...[...settings].sort().map(settingColumn),
  ];
}

function metricColumn(
  id: string,
  title: string,
  group: RunColumn['group'],
  metric: string,
  value: (run: RunRow) => number | undefined,
): RunColumn {
  return {
    id,
    title,
    group,
    number: true,
    width: 98,
    key: (run) => value(run) ?? null,
    show: (run) => formatMetric(metric, value(run)),
  };
}

function settingColumn(path: string): RunColumn {
  const value = (run: RunRow): unknown => getPath(run.config, path);
  return {
    id: `config.${path}`,
    title: path,
    group: 'Config',
    number: false,
    width: 140,
    key: (run) => {
      const found = value(run);
      return typeof found === 'number' || typeof found === 'string'
        ? found
        : found === null || found === undefined
          ? null
          : JSON.stringify(found);
    },
    show: (run) => showSetting(value(run)),
  };
}

/** A value of the config in a table's cell. */
export function showSetting(value: unknown): string {
  if (value === undefined) return '–';
  if (typeof value === 'number') return formatSetting(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Sorts runs by a column; runs without a value stay at the end. */
export function sortRuns(runs: readonly RunRow[], by: RunColumn | 'name', descending: boolean): RunRow[] {
  const key = by === 'name' ? (run: RunRow) => run.name : by.key;
  const sign = descending ? -1 : 1;
  return runs.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === null || y === null) return x === y ? b.created - a.created : x === null ? 1 : -1;
    const order =
      typeof x === 'number' && typeof y === 'number'
        ? x - y
        : String(x).localeCompare(String(y), 'en', { numeric: true });
    return sign * order || b.created - a.created;
  });
}

/** Runs that a search finds: every word in the name, a tag (`#tag`), the dataset, the model, the status or the notes. */
export function searchRuns(runs: readonly RunRow[], query: string): RunRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...runs];
  return runs.filter((run) => {
    const text = [
      run.name,
      run.id,
      run.dataset_name,
      run.config.model.architecture,
      run.status,
      run.notes,
      ...run.tags.map((tag) => `#${tag}`),
    ]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
