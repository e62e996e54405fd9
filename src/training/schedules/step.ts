import type { ScheduleConfig } from '../../config/schedules';
import type { RunLength, Schedule } from './schedule';

/** The learning rate is multiplied by `gamma` after every `every_epochs` epochs. */
export function stepSchedule(settings: Extract<ScheduleConfig, { name: 'step' }>, length: RunLength): Schedule {
  return (step) => settings.gamma ** Math.floor(Math.floor(step / length.perEpoch) / settings.every_epochs);
}
