import { expect, it } from 'vitest';
import { profileWindow } from '../../../src/training/profile-window';

const settings = { first_step: 10, steps: 5 };

it('times the steps that the config names, and watches as many before them', () => {
  expect(profileWindow(settings, 0, 100)).toEqual({ observed: 5, first: 10, last: 14 });
});

it('comes earlier, and watches fewer, in a run that is shorter', () => {
  expect(profileWindow(settings, 0, 12)).toEqual({ observed: 3, first: 8, last: 12 });
  expect(profileWindow(settings, 0, 4)).toEqual({ observed: 2, first: 3, last: 4 });
});

it('comes later in a sitting that starts behind it: its first step records', () => {
  expect(profileWindow(settings, 40, 100)).toEqual({ observed: 42, first: 43, last: 47 });
});

it('needs a step to record, one to compare with and one to time', () => {
  expect(profileWindow(settings, 0, 3)).toEqual({ observed: 2, first: 3, last: 3 });
  expect(profileWindow(settings, 0, 2)).toBeNull();
  expect(profileWindow(settings, 98, 100)).toBeNull();
});
