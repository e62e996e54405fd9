/** Names of metrics, and which way each is better. */
import { LatheError } from '../../base/errors';
import type { Task } from '../../config/schema';
import type { Metrics } from '../../store/schema';

/** Metrics of one split, by task, in the order in which they are shown. */
export const SPLIT_METRICS: Record<Task, string[]> = {
  classification: ['loss', 'accuracy', 'f1'],
  regression: ['loss', 'mae', 'rmse', 'r2'],
  language_model: ['loss', 'perplexity', 'accuracy'],
};

const HIGHER_IS_BETTER = /(^|_)(accuracy|f1|r2)$/;

/** Metrics that have no better or worse: a table shows their last value only. */
const UNRANKED = new Set([
  'learning_rate',
  'gradient_norm',
  'loss_scale',
  'samples_per_second',
  'tokens_per_second',
  'step_ms',
  'gpu_bytes',
  'gpu_bytes_peak',
  'gpu_busy',
]);

/** Which way a metric is better; null where neither way is. */
export function direction(metric: string): 'min' | 'max' | null {
  if (UNRANKED.has(metric)) return null;
  return HIGHER_IS_BETTER.test(metric) ? 'max' : 'min';
}

/** Whether `value` is better than `other` by more than `delta`. NaN is never better. */
export function better(metric: string, value: number, other: number, delta = 0): boolean {
  if (Number.isNaN(value)) return false;
  if (Number.isNaN(other)) return true;
  return direction(metric) === 'max' ? value > other + delta : value < other - delta;
}

/** Prefixes the metrics of a split: `loss` of `val` becomes `val_loss`. */
export function prefixed(split: 'train' | 'val' | 'test', metrics: Metrics): Metrics {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${split}_${name}`, value]));
}

/**
 * The metric that `monitor` stands for in this run. Without a validation split a `val_…` metric falls back to the same
 * one of the training split.
 * @throws LatheError of kind `config` when no run of this task logs such a metric.
 */
export function resolveMonitor(monitor: string, key: string, task: Task, hasValidation: boolean): string {
  const names = (['val', 'train'] as const).flatMap((split) => SPLIT_METRICS[task].map((name) => `${split}_${name}`));
  if (!names.includes(monitor)) {
    const available = names.filter((name) => hasValidation || !name.startsWith('val_'));
    throw new LatheError(
      'config',
      `${key}: no run of this task logs the metric ${monitor}. There are ${available.join(', ')}.`,
      { key },
    );
  }
  return hasValidation ? monitor : monitor.replace(/^val_/, 'train_');
}
