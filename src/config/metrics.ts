/** Metrics that runs log, by name, and which way each is better. */
import type { Task } from './schema';

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
  if (UNRANKED.has(metric) || metric.startsWith('system/')) return null;
  return HIGHER_IS_BETTER.test(metric) ? 'max' : 'min';
}

/** Whether `metric` has a value after every epoch. */
export const isEpochMetric = (metric: string): boolean => /^(val|train)_/.test(metric);

/** What a trial of `task` can be judged by: what its run logs, and how large its model is. */
export const objectiveMetrics = (task: Task | null): string[] => [...loggedMetrics(task), 'parameters'];

/** Metrics that a run of `task` logs on the way; of any task where that is not known. */
function loggedMetrics(task: Task | null): string[] {
  const tasks = task === null ? Object.values(SPLIT_METRICS) : [SPLIT_METRICS[task]];
  const names = [...new Set(tasks.flat())];
  return [...(['val', 'train'] as const).flatMap((split) => names.map((name) => `${split}_${name}`)), ...UNRANKED];
}
