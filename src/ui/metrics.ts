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

const figure = (value: number | null | undefined): string => formatNumber(value);
const plain = (value: number): string => (Math.abs(value) < 1e5 ? formatNumber(value, 3) : formatCompact(value));
const percent = (value: number): string => `${formatNumber(value * 100, 3)}%`;

const bytes = (title: string): MetricInfo => ({
  title,
  format: formatBytes,
  axis: formatBytes,
  better: null,
  fromZero: true,
});

/** Of a metric that is stored in hundredths. */
const hundredths = (title: string): MetricInfo => ({
  title,
  format: (value) => formatPercent(typeof value === 'number' ? value / 100 : value),
  axis: (value) => percent(value / 100),
  better: null,
  fromZero: true,
});

/** States of the processor, as browsers name them. */
const PRESSURE = ['nominal', 'fair', 'serious', 'critical'];

const INFO: Record<string, MetricInfo> = {
  loss: { title: 'Loss', format: figure, axis: plain, better: 'lower' },
  accuracy: { title: 'Accuracy', format: formatPercent, axis: percent, better: 'higher' },
  perplexity: { title: 'Perplexity', format: figure, axis: plain, better: 'lower' },
  f1: { title: 'F1', format: formatPercent, axis: percent, better: 'higher' },
  mae: { title: 'MAE', format: figure, axis: plain, better: 'lower' },
  rmse: { title: 'RMSE', format: figure, axis: plain, better: 'lower' },
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
  loss_scale: { title: 'Loss scale', format: figure, axis: plain, better: null },
  gpu_bytes: bytes('Device memory'),
  gpu_bytes_peak: bytes('Device memory, peak'),
  gpu_busy: { title: 'Device busy', format: formatPercent, axis: percent, better: null, fromZero: true },
  'system/cpu_percent': hundredths('Training thread'),
  'system/cpu_pressure': {
    title: 'Processor pressure',
    format: (value) => (typeof value === 'number' ? (PRESSURE[value] ?? plain(value)) : '–'),
    axis: plain,
    better: null,
    fromZero: true,
  },
  'system/js_memory_bytes': bytes('JavaScript memory'),
  'system/page_memory_bytes': bytes('Page memory'),
  'system/storage_used_bytes': bytes('Storage used'),
  'system/storage_percent': hundredths('Share of storage'),
  'system/network_sent_bytes': bytes('Network, sent'),
  'system/network_received_bytes': bytes('Network, received'),
  'system/queue_length': {
    title: 'Waiting to be sent',
    format: formatCompact,
    axis: formatCompact,
    better: null,
    fromZero: true,
  },
};

const SPLITS: Record<string, string> = { train: 'train', val: 'val', test: 'test' };

const PEAK = /_peak$/;

/** `val_accuracy` → split `val`, base `accuracy`; `learning_rate` → split null. */
export function splitMetric(metric: string): { split: string | null; base: string } {
  const [head, ...rest] = metric.split('_');
  return rest.length > 0 && head in SPLITS ? { split: head, base: rest.join('_') } : { split: null, base: metric };
}

/** How `metric` (with or without its split) is shown; an unknown one as a plain number under its own name. */
export function metricInfo(metric: string): MetricInfo {
  const { base } = splitMetric(metric);
  const peak = PEAK.test(base) ? INFO[base.replace(PEAK, '')] : undefined;
  return (
    INFO[base] ??
    (peak && { ...peak, title: `${peak.title}, peak` }) ?? {
      title: base.replaceAll('_', ' '),
      format: figure,
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

/** Quality first, then speed, then what the run takes of the machine. `main` charts are the heroes of the page. */
export function groupMetrics(metrics: string[]): Record<'main' | 'machine' | 'system', ChartGroup[]> {
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
  const systemOrder = Object.keys(INFO).filter(isSystem);
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
    main: all
      .filter(({ id }) => !machineOrder.includes(id) && !isSystem(id))
      .sort((a, b) => rank(a.id, order) - rank(b.id, order)),
    machine: all
      .filter(({ id }) => machineOrder.includes(id))
      .sort((a, b) => rank(a.id, machineOrder) - rank(b.id, machineOrder)),
    system: all.filter(({ id }) => isSystem(id)).sort((a, b) => rank(a.id, systemOrder) - rank(b.id, systemOrder)),
  };
}

const isSystem = (metric: string): boolean => metric.startsWith('system/');

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
