import { describe, expect, it } from 'vitest';
import type { Pruner } from '../../../src/sweeps/pruners/pruner';
import { noPruner } from '../../../src/sweeps/pruners/none';
import { randomSampler } from '../../../src/sweeps/samplers/random';
import { Space } from '../../../src/sweeps/space/space';
import { isBetter, Study, type StudySettings } from '../../../src/sweeps/study';

const SPACE = new Space({ x: { type: 'float', low: 0, high: 1, log: false, step: null, when: null } });

const settings = (change: Partial<StudySettings> = {}): StudySettings => ({
  id: 's',
  name: 'study',
  seed: 1,
  directions: ['minimize'],
  space: SPACE,
  sampler: randomSampler(),
  pruner: noPruner(),
  nTrials: 5,
  maxResource: 10,
  ...change,
});

/** Ends what is worse than 1. */
const strict: Pruner = {
  prune: (_study, trial) => ((trial.intermediate.values.at(-1) ?? 0) > 1 ? 'It is above 1.' : null),
};

describe('a study', () => {
  it('asks for as many trials as it may have, and numbers them', () => {
    const study = new Study(settings());
    const numbers = Array.from({ length: 7 }, () => study.ask(0)?.number ?? null);
    expect(numbers).toEqual([0, 1, 2, 3, 4, null, null]);
    expect(study.counts).toEqual({ waiting: 0, running: 5, complete: 0, pruned: 0, failed: 0 });
  });

  it('read back from its trials goes on as if it had never stopped', () => {
    const whole = new Study(settings());
    for (let i = 0; i < 5; i++) {
      const trial = whole.ask(0);
      whole.tell(i, { state: 'complete', values: [Number(trial?.params.x)] }, 1);
    }
    const first = new Study(settings());
    for (let i = 0; i < 2; i++) {
      const trial = first.ask(0);
      first.tell(i, { state: 'complete', values: [Number(trial?.params.x)] }, 1);
    }
    const second = new Study(settings(), first.trials);
    for (let i = 2; i < 5; i++) {
      const trial = second.ask(0);
      second.tell(i, { state: 'complete', values: [Number(trial?.params.x)] }, 1);
    }
    expect(second.trials).toEqual(whole.trials);
    expect(second.best).toEqual(whole.best);
  });

  it('runs what was enqueued first, and lets the sampler choose the rest of it', () => {
    const space = new Space({
      x: { type: 'float', low: 0, high: 1, log: false, step: null, when: null },
      y: { type: 'int', low: 0, high: 9, log: false, step: 1, when: null },
    });
    const study = new Study(settings({ space, nTrials: 1 }));
    study.enqueue({ x: 0.25 });
    const trial = study.ask(7);
    expect(trial).toMatchObject({ number: 0, state: 'running', started: 7, params: { x: 0.25 } });
    expect(trial?.params.y).toBeTypeOf('number');
    expect(study.ask(8)).toBeNull();
  });

  it('runs a trial that was enqueued beyond its number of trials', () => {
    const study = new Study(settings({ nTrials: 1 }));
    study.ask(0);
    study.enqueue({ x: 0.5 });
    expect(study.ask(0)?.number).toBe(1);
    expect(study.ask(0)).toBeNull();
  });

  it('replaces what is reported again for a step, and drops what came after it', () => {
    const study = new Study(settings());
    study.ask(0);
    study.report(0, 1, 0.5);
    study.report(0, 2, 0.4);
    study.report(0, 3, 0.3);
    study.report(0, 2, 0.45);
    expect(study.trials[0].intermediate).toEqual({ steps: [1, 2], values: [0.5, 0.45] });
  });

  it('has its pruner judge every report, but not with several objectives', () => {
    const one = new Study(settings({ pruner: strict }));
    one.ask(0);
    expect(one.report(0, 1, 0.5)).toBeNull();
    expect(one.report(0, 2, 2)).toBe('It is above 1.');
    const two = new Study(settings({ pruner: strict, directions: ['minimize', 'maximize'] }));
    two.ask(0);
    expect(two.report(0, 1, 2)).toBeNull();
  });

  it('gives a pruned trial the last value that it reported', () => {
    const study = new Study(settings());
    study.ask(0);
    study.report(0, 1, 0.5);
    study.report(0, 2, 0.25);
    const trial = study.tell(0, { state: 'pruned', reason: 'Poor.' }, 9);
    expect(trial).toMatchObject({ state: 'pruned', reason: 'Poor.', values: [0.25], ended: 9 });
    study.ask(0);
    expect(study.tell(1, { state: 'pruned', reason: 'Poor.' }, 9).values).toBeNull();
  });

  it('takes an objective that is no number for a failure', () => {
    const study = new Study(settings());
    study.ask(0);
    expect(study.tell(0, { state: 'complete', values: [NaN] }, 1)).toMatchObject({ state: 'failed', values: null });
    expect(study.best).toBeNull();
  });

  it('knows its best: complete, allowed, by its direction, of equals the first', () => {
    for (const [direction, best] of [
      ['minimize', 1],
      ['maximize', 3],
    ] as const) {
      const study = new Study(settings({ directions: [direction], nTrials: 6 }));
      const values = [0.5, 0.2, 0.2, 0.9, 0.9];
      values.forEach((value, i) => {
        study.ask(0);
        study.tell(i, { state: 'complete', values: [value] }, 1);
      });
      study.ask(0);
      study.tell(5, { state: 'complete', values: [direction === 'minimize' ? -9 : 9], violation: 1 }, 1);
      expect(study.best?.number).toBe(best);
    }
  });

  it('does not end a trial twice', () => {
    const study = new Study(settings());
    study.ask(0);
    study.tell(0, { state: 'failed', reason: 'It broke.' }, 1);
    expect(() => study.tell(0, { state: 'complete', values: [1] }, 2)).toThrow('The trial 0 is not running.');
    expect(() => study.report(3, 1, 1)).toThrow('The trial 3 is not running.');
  });
});

describe('better', () => {
  it('follows the direction, and takes anything over NaN', () => {
    expect(isBetter('minimize', 1, 2)).toBe(true);
    expect(isBetter('maximize', 1, 2)).toBe(false);
    expect(isBetter('minimize', 1, 1)).toBe(false);
    expect(isBetter('minimize', 1, NaN)).toBe(true);
    expect(isBetter('maximize', NaN, 1)).toBe(false);
    expect(isBetter('maximize', NaN, NaN)).toBe(false);
  });
});
