import type { Schedule } from './schedule';

/** The learning rate stays as it is. */
export const constantSchedule = (): Schedule => () => 1;
