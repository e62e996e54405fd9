/** A run to be sent, files of it and points, for tests. */
import type { MetricSeries } from '../../../../../src/store/metrics';
import type { Batch, RunFile, TrackedRun } from '../../../../../src/tracking/tracker';

/** A run that trains. */
export const trackedRun = (change: Partial<TrackedRun> = {}): TrackedRun => ({
  noun: 'run',
  id: 'k3v9x0ab',
  name: 'digits-1',
  started: 1_700_000_000_000,
  ended: null,
  status: 'running',
  reason: null,
  config: null,
  params: { 'training.epochs': 3, 'model.architecture': 'cnn', 'data.target': null, 'training.shuffle': true },
  tags: [],
  notes: '',
  author: null,
  facts: { dataset: 'digits', dataset_hash: 'abc', adapter: 'nvidia', lathe_version: '0.1.0' },
  group: null,
  summary: {},
  ...change,
});

/** A file of it. */
export const runFile = (path: string, content: Uint8Array<ArrayBuffer> | string, model = false): RunFile => {
  const blob = new Blob([content]);
  return { path, type: '', bytes: blob.size, key: `key of ${path}`, model, read: () => Promise.resolve(blob) };
};

/** Points of one metric: at steps `from`, `from + 1`, …, one second apart. */
export const series = (metric: string, values: number[], from = 0): MetricSeries => ({
  metric,
  steps: Float64Array.from(values, (_, i) => from + i),
  values: Float64Array.from(values),
  times: Float64Array.from(values, (_, i) => 1_700_000_000_000 + (from + i) * 1000),
});

/** A batch of points. */
export const batch = (number: number, points: MetricSeries[], change: Partial<Batch> = {}): Batch => ({
  number,
  points,
  media: [],
  lines: [],
  ...change,
});
