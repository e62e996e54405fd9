/** Names of metrics, and which way each is better. */
import { LatheError } from '../../base/errors';
import { direction, SPLIT_METRICS } from '../../config/metrics';
import type { Task } from '../../config/schema';
import type { Metrics } from '../../store/schema';

export { direction } from '../../config/metrics';

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
