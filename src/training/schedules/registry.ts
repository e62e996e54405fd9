/** Every schedule, with warm-up. To add one: its settings in `config/schedules.ts`, a file here, a line below. */
import type { ScheduleConfig } from '../../config/schedules';
import { constantSchedule } from './constant';
import { cosineSchedule } from './cosine';
import type { RunLength, Schedule } from './schedule';
import { stepSchedule } from './step';

/** Longest warm-up that is chosen by itself: `2 / (1 - β₂)` updates of Adam (Ma & Yarats 2021). */
const LONGEST_WARMUP = 2000;

/** Updates of the warm-up: as set, or a tenth of the run at most. */
export function warmupSteps(settings: ScheduleConfig, length: RunLength): number {
  return settings.warmup_steps ?? Math.min(Math.floor(length.total / 10), LONGEST_WARMUP);
}

/** The schedule that `settings` name: a linear warm-up, then its curve. */
export function createSchedule(settings: ScheduleConfig, length: RunLength): Schedule {
  const warmup = warmupSteps(settings, length);
  const curve = curveOf(settings, length, warmup);
  return (step) => (step < warmup ? ((step + 1) / warmup) * curve(step) : curve(step));
}

function curveOf(settings: ScheduleConfig, length: RunLength, warmup: number): Schedule {
  switch (settings.name) {
    case 'constant':
      return constantSchedule();
    case 'step':
      return stepSchedule(settings, length);
    case 'cosine':
      return cosineSchedule(settings, length, warmup);
  }
}
