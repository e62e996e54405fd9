import { expect, test } from 'vitest';
import { createSchedule, warmupSteps } from '../../../../src/training/schedules/registry';

const length = { total: 100, perEpoch: 10 };
const cosine = { name: 'cosine', warmup_steps: null, final: 0.1 } as const;

test('constant stays, and warms up linearly when asked', () => {
  const flat = createSchedule({ name: 'constant', warmup_steps: 0 }, length);
  expect([0, 50, 99].map(flat)).toEqual([1, 1, 1]);
  const warm = createSchedule({ name: 'constant', warmup_steps: 4 }, length);
  expect([0, 1, 2, 3, 4].map(warm)).toEqual([0.25, 0.5, 0.75, 1, 1]);
});

test('step drops after every so many epochs', () => {
  const schedule = createSchedule({ name: 'step', every_epochs: 2, gamma: 0.5, warmup_steps: 0 }, length);
  expect([0, 19, 20, 39, 40].map(schedule)).toEqual([1, 1, 0.5, 0.5, 0.25]);
});

test('cosine falls from the end of the warm-up to its final share', () => {
  const schedule = createSchedule(cosine, length);
  expect(schedule(0)).toBeCloseTo(0.1);
  expect(schedule(9)).toBeCloseTo(1);
  expect(schedule(10)).toBeCloseTo(1);
  expect(schedule(55)).toBeCloseTo(0.55);
  expect(schedule(100)).toBeCloseTo(0.1);
  for (let step = 11; step < 100; step++) expect(schedule(step)).toBeLessThan(schedule(step - 1));
});

test('a warm-up that is not set takes a tenth of the run, and never more than 2,000 steps', () => {
  expect(warmupSteps(cosine, length)).toBe(10);
  expect(warmupSteps(cosine, { total: 5, perEpoch: 1 })).toBe(0);
  expect(warmupSteps(cosine, { total: 1e6, perEpoch: 1 })).toBe(2000);
  expect(warmupSteps({ ...cosine, warmup_steps: 3 }, length)).toBe(3);
});
