import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import type { RunConfigInput } from '../../../src/config/schema';
import { CheckpointPlan, type CheckpointSettings } from '../../../src/training/checkpoint-plan';

const settings = (training: RunConfigInput['training']): CheckpointSettings => {
  const { checkpoints, distributed } = parseConfig({ training }).training;
  return { checkpoints, distributed };
};

const place = { rank: 1, members: ['a', 'b', 'c', 'd', 'e'] };
const together = (checkpoints: 'one' | 'all' | 'sharded') => ({
  distributed: { enabled: true, checkpoints },
  checkpoints: { every_steps: 10 },
});

afterEach(() => vi.restoreAllMocks());

describe('a plan of checkpoints', () => {
  it('has one due every so many steps, and not twice', () => {
    const plan = new CheckpointPlan(settings({ checkpoints: { every_steps: 10 } }), 25, { leads: true, place }, -1);
    expect([0, 9, 10, 11, 20].map((step) => plan.due(step))).toEqual([false, false, true, false, true]);
    expect(plan.reasonAfter(10)).toBe('steps');
    plan.written(10, null);
    expect(plan.due(10)).toBe(false);
    expect([plan.last, plan.lastWhole]).toEqual([10, 10]);
  });

  it('says how far the next one in this epoch is', () => {
    const plan = new CheckpointPlan(settings({ checkpoints: { every_steps: 10 } }), 25, { leads: true, place }, 0);
    expect([1, 10, 11, 21, 26].map((next) => plan.stepsUntilDue(next))).toEqual([9, 0, 9, null, 4]);
    const follower = new CheckpointPlan(settings(together('one')), 25, { leads: false, place }, 0);
    expect(follower.stepsUntilDue(1)).toBeNull();
  });

  it('goes by the clock of a run that trains by itself', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const plan = new CheckpointPlan(settings({ checkpoints: { every_minutes: 5 } }), 25, { leads: true, place }, 0);
    now.mockReturnValue(299_999);
    expect(plan.due(7)).toBe(false);
    now.mockReturnValue(300_000);
    expect(plan.due(7)).toBe(true);
    expect(plan.reasonAfter(7)).toBe('minutes');
    plan.written(7, null);
    expect(plan.overdue).toBe(false);
  });

  it('goes in a group by the step that all have agreed on, the first of several', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const training = { ...together('all'), checkpoints: { every_steps: null, every_minutes: 5 } };
    const plan = new CheckpointPlan(settings(training), 25, { leads: true, place }, 0);
    now.mockReturnValue(400_000);
    expect(plan.overdue).toBe(true);
    expect(plan.due(3)).toBe(false);
    plan.agree(6);
    plan.agree(8);
    expect([5, 6, 8].map((step) => plan.due(step))).toEqual([false, true, false]);
    expect(plan.stepsUntilDue(4)).toBe(2);
    // Whoever leaves before does not change what was agreed on.
    plan.begin('leave', 5);
    expect(plan.due(6)).toBe(true);
    plan.begin('minutes', 6);
    expect(plan.due(6)).toBe(false);
  });

  it('leaves to another trainer what that writes, and takes all along when it leaves', () => {
    const one = new CheckpointPlan(settings(together('one')), 25, { leads: false, place }, -1);
    expect(one.writes('epoch')).toBe(false);
    expect(one.writes('pause')).toBe(true);
    one.skipped(10);
    expect([one.last, one.lastWhole]).toEqual([10, -1]);
    const sharded = new CheckpointPlan(settings(together('sharded')), 25, { leads: false, place }, -1);
    expect(sharded.writes('start')).toBe(false);
    expect(sharded.placeFor('epoch')).toEqual(place);
    sharded.written(10, sharded.placeFor('epoch'));
    expect(sharded.lastWhole).toBe(-1);
    expect(sharded.placeFor('leave')).toEqual({ rank: 0, members: ['b'] });
    sharded.written(12, sharded.placeFor('leave'));
    expect(sharded.lastWhole).toBe(12);
  });
});
