/** When a pruner that decides at intervals is due. */

/**
 * Whether the last of `steps` is one to decide at: `warmup`, `warmup + interval`, `warmup + 2 · interval` …, or the first
 * report after one of these where it had none. Optuna's rule.
 * @param steps Steps of the reports so far, rising.
 */
export function isDue(steps: readonly number[], warmup: number, interval: number): boolean {
  const step = steps.at(-1);
  if (step === undefined || step < warmup) return false;
  const latest = warmup + Math.floor((step - warmup) / interval) * interval;
  return (steps.at(-2) ?? -1) < latest;
}
