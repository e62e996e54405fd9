/** What the metrics of a run are called, in which unit they are shown, and which way they get better. */
import type { RunRow } from '../store/schema';
import { formatBytes, formatCompact, formatMilliseconds, formatNumber, formatPercent, formatRate } from './format';

/** How one metric is shown. */
export interface MetricInfo {
  /** Without its split: `Loss`, `Accuracy`. */
  title: string;
  format: (value: number | null | undefined) => string;
  /** Figures of a chart's axis: as short as can be. */
  axis: (value: number) => string;
  better: 'lower' | 'higher' | null;
  /** Its chart begins at zero: small changes of a large amount are no news. */
  fromZero?: boolean;
}

const plain = (value: number): string => (Math.abs(value) < 1e5 ? formatNumber(value, 3) : formatCompact(value));
const percent = (value: number): string => `${formatNumber(value * 100, 3)}%`;

const INFO: Record<string, MetricInfo> = {
  loss: { title: 'Loss', format: (value) => formatNumber(value), axis: plain, better: 'lower' },
  accuracy: { title: 'Accuracy', format: formatPercent, axis: percent, better: 'higher' },
  perplexity: { title: 'Perplexity', format: (value) => formatNumber(value), axis: plain, better: 'lower' },
  f1: { title: 'F1', format: formatPercent, axis: percent, better: 'higher' },
  mae: { title: 'MAE', format: (value) => formatNumber(value), axis: plain, better: 'lower' },
  rmse: { title: 'RMSE', format: (value) => formatNumber(value), axis: plain, better: 'lower' },
  r2: { title: 'R²', format: (value) => formatNumber(value, 3), axis: plain, better: 'higher' },
  learning_rate: { title: 'Learning rate', format: (value) => formatNumber(value, 3), axis: plain, better: null },
  gradient_norm: { title: 'Gradient norm', format: (value) => formatNumber(value, 3), axis: plain, better: null },
  samples_per_second: { title: 'Throughput', format: formatRate, axis: formatCompact, better: null, fromZero: true },
  tokens_per_second: {
    title: 'Tokens',
    format: (value) => formatRate(value, 'tokens'),
    axis: formatCompact,
    better: null,
    fromZero: true,
  },
  step_ms: { title: 'Step time', format: formatMilliseconds, axis: plain, better: null, fromZero: true },
  loss_scale: { title: 'Loss scale', format: (value) => formatNumber(value), axis: plain, better: null },
  gpu_bytes: { title: 'Device memory', format: formatBytes, axis: formatBytes, better: null, fromZero: true },
  gpu_bytes_peak: {
    title: 'Device memory, peak',
    format: formatBytes,
    axis: formatBytes,
    better: null,
    fromZero: true,
  },
  gpu_busy: { title: 'Device busy', format: formatPercent, axis: percent, better: null, fromZero: true },
};

const SPLITS: Record<string, string> = { train: 'train', val: 'val', test: 'test' };

/** `val_accuracy` → split `val`, base `accuracy`; `learning_rate` → split null. */
export function splitMetric(metric: string): { split: string | null; base: string } {
  const [head, ...rest] = metric.split('_');
  return rest.length > 0 && head in SPLITS ? { split: head, base: rest.join('_') } : { split: null, base: metric };
}

/** How `metric` (with or without its split) is shown; an unknown one as a plain number under its own name. */
export function metricInfo(metric: string): MetricInfo {
  const { base } = splitMetric(metric);
  return (
    INFO[base] ?? {
      title: base.replaceAll('_', ' '),
      format: (value) => formatNumber(value),
      axis: plain,
      better: null,
    }
  );
}

/** `val_accuracy` → `Val accuracy`, for column heads and readouts. */
export function metricTitle(metric: string): string {
  const { split, base } = splitMetric(metric);
  const { title } = metricInfo(base);
  if (split === null) return title;
  const word = /^[A-Z]+\d*$|²/.test(title) ? title : title.toLowerCase();
  return `${split[0].toUpperCase()}${split.slice(1)} ${word}`;
}

/** A value of `metric` with its unit. */
export const formatMetric = (metric: string, value: number | null | undefined): string =>
  metricInfo(metric).format(value);

/** What a run gets through in a second: tokens of a language model, samples of any other. */
export function formatThroughput({ preprocessing }: RunRow, samples: number | null | undefined): string {
  if (preprocessing?.task !== 'language_model') return formatRate(samples);
  return formatRate(typeof samples === 'number' ? samples * preprocessing.input_shape[0] : samples, 'tokens');
}

/** A chart of a run: the metrics that share its axes. */
export interface ChartGroup {
  id: string;
  title: string;
  metrics: string[];
}

/** Quality first, then the machine. `main` charts are the heroes of the page. */
export function groupMetrics(metrics: string[]): { main: ChartGroup[]; machine: ChartGroup[] } {
  const order = ['loss', 'perplexity', 'accuracy', 'f1', 'mae', 'rmse', 'r2'];
  const machineOrder = [
    'learning_rate',
    'gradient_norm',
    'loss_scale',
    'samples_per_second',
    'tokens_per_second',
    'step_ms',
    'gpu_busy',
    'gpu_bytes',
    'gpu_bytes_peak',
  ];
  const groups = new Map<string, ChartGroup>();
  for (const metric of metrics) {
    const { base } = splitMetric(metric);
    const group = groups.get(base) ?? { id: base, title: metricInfo(base).title, metrics: [] };
    group.metrics.push(metric);
    groups.set(base, group);
  }
  const rank = (id: string, ranks: string[]): number => (ranks.includes(id) ? ranks.indexOf(id) : ranks.length);
  const all = [...groups.values()];
  for (const group of all) group.metrics.sort((a, b) => splitRank(a) - splitRank(b));
  return {
    main: all.filter(({ id }) => !machineOrder.includes(id)).sort((a, b) => rank(a.id, order) - rank(b.id, order)),
    machine: all
      .filter(({ id }) => machineOrder.includes(id))
      .sort((a, b) => rank(a.id, machineOrder) - rank(b.id, machineOrder)),
  };
}

function splitRank(metric: string): number {
  const { split } = splitMetric(metric);
  return split === null || split === 'train' ? 0 : split === 'val' ? 1 : 2;
}

/** The better of two values of a metric, by its own direction; a metric without one has no best: the later value. */
export function betterOf(metric: string, a: number | undefined, b: number): number {
  const { better } = metricInfo(metric);
  if (a === undefined || better === null || !Number.isFinite(a)) return b;
  return Number.isFinite(b) && (better === 'lower' ? b < a : b > a) ? b : a;
}

/** The best that is known of a metric: what is stored, and what was heard since. */
export function bestOf(metric: string, stored: number | undefined, heard: number | undefined): number | undefined {
  return heard === undefined ? stored : betterOf(metric, stored, heard);
}
