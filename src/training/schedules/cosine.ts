import type { ScheduleConfig } from '../../config/schedules';
import type { RunLength, Schedule } from './schedule';

/** Half a cosine from 1 to `final` over the updates behind the warm-up (Loshchilov & Hutter 2017). */
export function cosineSchedule(
  settings: Extract<ScheduleConfig, { name: 'cosine' }>,
  length: RunLength,
  warmup: number,
): Schedule {
  const span = Math.max(1, length.total - warmup);
  return (step) => {
    const progress = Math.min(1, Math.max(0, step - warmup) / span);
    return settings.final + (1 - settings.final) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}
