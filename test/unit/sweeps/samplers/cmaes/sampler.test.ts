import { describe, expect, it } from 'vitest';
import type { SamplerConfig } from '../../../../../src/config/search/samplers';
import type { TrialParams, TrialRow } from '../../../../../src/store/study';
import { cmaesSampler } from '../../../../../src/sweeps/samplers/cmaes/sampler';
import { FUNCTIONS } from '../../../../helpers/objectives';
import { runTrials, spaceOf, studyOf, trialRow } from '../../../../helpers/studies';

const settings: Extract<SamplerConfig, { name: 'cmaes' }> = {
  name: 'cmaes',
  n_startup_trials: 1,
  population: null,
  sigma: null,
};

const { sphere5, mixed4 } = FUNCTIONS;

const paramsOf = (trials: readonly TrialRow[]): TrialParams[] => trials.map(({ params }) => params);

/** The rows as they come back from a store: equal, but other objects. */
const stored = (trials: readonly TrialRow[]): TrialRow[] => structuredClone([...trials]);

describe('CMA-ES', () => {
  it('finds the minimum of a sphere', () => {
    const study = studyOf({ space: spaceOf(sphere5.space), sampler: cmaesSampler(settings), seed: 3 });
    runTrials(study, sphere5.objective, 400);
    expect(study.best?.values?.[0]).toBeLessThan(1e-4);
  });

  it('maximises, on logarithmic, whole and stepped ranges, with choices drawn at random', () => {
    const study = studyOf({
      space: spaceOf(mixed4.space),
      sampler: cmaesSampler(settings),
      directions: ['maximize'],
      seed: 1,
    });
    const trials = runTrials(study, (params) => -mixed4.objective(params), 300);
    expect(study.best?.values?.[0]).toBeGreaterThan(-0.02);
    const { space } = study.view;
    for (const { params } of trials) expect(space.contains(params)).toBe(true);
    expect(new Set(trials.slice(-40).map(({ params }) => params.optimizer)).size).toBe(4);
  });

  it('repeats a study by its seed, and goes on after a reload as it would have', () => {
    const options = { space: spaceOf(sphere5.space), seed: 11 };
    const whole = runTrials(studyOf({ ...options, sampler: cmaesSampler(settings) }), sphere5.objective, 60);
    const again = runTrials(studyOf({ ...options, sampler: cmaesSampler(settings) }), sphere5.objective, 60);
    expect(paramsOf(again)).toEqual(paramsOf(whole));
    for (const cut of [5, 17, 33]) {
      const rest = studyOf({ ...options, sampler: cmaesSampler(settings) }, stored(whole.slice(0, cut)));
      expect(paramsOf(runTrials(rest, sphere5.objective, 60))).toEqual(paramsOf(whole));
    }
    const other = runTrials(studyOf({ ...options, seed: 12, sampler: cmaesSampler(settings) }), sphere5.objective, 9);
    expect(paramsOf(other)).not.toEqual(paramsOf(whole.slice(0, 9)));
  });

  it('goes on the same way where trials ran side by side and ended out of order', () => {
    const options = { space: spaceOf(sphere5.space), seed: 2 };
    const study = studyOf({ ...options, sampler: cmaesSampler(settings) });
    const running: number[] = [];
    const end = (number: number): void => {
      study.tell(number, { state: 'complete', values: [sphere5.objective(study.trials[number].params)] }, 1);
    };
    for (let i = 0; i < 60; i++) {
      running.push(study.ask(0)!.number);
      // The oldest of four ends last but for every third time.
      if (running.length === 4) end(running.splice(i % 3 === 0 ? 0 : 2, 1)[0]);
    }
    while (running.length > 0) end(running.pop()!);
    const reloaded = studyOf({ ...options, sampler: cmaesSampler(settings) }, stored(study.trials));
    const [next, nextReloaded] = [study.ask(0), reloaded.ask(0)];
    expect(nextReloaded?.params).toEqual(next?.params);
    expect(nextReloaded?.attributes).toEqual(next?.attributes);
  });

  it('takes one sampler for several studies in turn', () => {
    const shared = cmaesSampler(settings);
    const studies = [1, 2].map((seed) => studyOf({ space: spaceOf(sphere5.space), sampler: shared, seed }));
    for (let count = 1; count <= 30; count++) {
      for (const study of studies) runTrials(study, sphere5.objective, count);
    }
    for (const [i, study] of studies.entries()) {
      const alone = studyOf({ space: spaceOf(sphere5.space), sampler: cmaesSampler(settings), seed: i + 1 });
      expect(paramsOf(study.trials)).toEqual(paramsOf(runTrials(alone, sphere5.objective, 30)));
    }
  });

  it('counts failed and pruned trials as the worst of their generation', () => {
    const study = studyOf({ space: spaceOf(sphere5.space), sampler: cmaesSampler(settings), seed: 5 });
    const trials = runTrials(
      study,
      (params, number) => {
        if (Number(params.x0) > 0) return number % 2 ? NaN : { state: 'failed', reason: 'It diverged.' };
        return sphere5.objective(params);
      },
      300,
    );
    const late = trials.slice(-60).filter(({ state }) => state === 'failed').length;
    expect(study.best?.values?.[0]).toBeLessThan(0.1);
    expect(late).toBeLessThan(50);
    for (const { params } of trials) expect(Object.values(params).every(Number.isFinite)).toBe(true);
  });

  it('starts at the best trial of a warm start that fits the space', () => {
    const near = { x0: 4, x1: 4, x2: 4, x3: 4, x4: 4 };
    const warm = [
      trialRow({ number: -3, params: { ...near, x4: 99 }, values: [-5] }),
      trialRow({ number: -2, params: near, values: [0] }),
      trialRow({ number: -1, params: { ...near, x0: -4 }, values: [1] }),
    ];
    const sampler = cmaesSampler({ ...settings, sigma: 0.001 });
    const study = studyOf({ space: spaceOf(sphere5.space), sampler }, [], warm);
    for (const value of Object.values(study.ask(0)!.params)) expect(Math.abs(Number(value) - 4)).toBeLessThan(0.1);
  });

  it('keeps values fixed by hand and learns from them', () => {
    const study = studyOf({ space: spaceOf(sphere5.space), sampler: cmaesSampler(settings), seed: 1 });
    runTrials(study, sphere5.objective, 20);
    study.enqueue({ x0: 0, x1: 0, x2: 0, x3: 0, x4: 0.001 });
    study.enqueue({ x3: 1.25 });
    const trials = runTrials(study, sphere5.objective, 60);
    expect(trials[20].params).toEqual({ x0: 0, x1: 0, x2: 0, x3: 0, x4: 0.001 });
    expect(trials[21].params.x3).toBe(1.25);
    expect(trials[20].attributes.cmaes).toMatchObject({ injected: true, point: [0.5, 0.5, 0.5, 0.5, 0.5001] });
  });

  it('fills in what is searched under a condition only there', () => {
    const space = spaceOf({
      rate: { type: 'float', low: 1e-4, high: 1, log: true },
      optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
      momentum: { type: 'float', low: 0, high: 1, when: { optimizer: 'sgd' } },
      single: { type: 'int', low: 3, high: 3 },
    });
    const study = studyOf({ space, sampler: cmaesSampler(settings) });
    const trials = runTrials(
      study,
      ({ rate, momentum }) => Math.abs(Math.log(Number(rate))) + Number(momentum ?? 0),
      60,
    );
    for (const { params } of trials) expect(space.contains(params)).toBe(true);
    expect(trials.some(({ params }) => 'momentum' in params)).toBe(true);
    expect(trials.some(({ params }) => !('momentum' in params))).toBe(true);
  });

  it('meets conditions between parameters', () => {
    const space = spaceOf(sphere5.space);
    space.allows = ({ x0, x1 }) => Number(x0) + Number(x1) >= 2;
    const study = studyOf({ space, sampler: cmaesSampler(settings), seed: 4 });
    const trials = runTrials(study, sphere5.objective, 300);
    for (const { params } of trials) expect(space.allows(params)).toBe(true);
    // The nearest allowed point to the origin is (1, 1, 0, 0, 0).
    expect(study.best?.values?.[0]).toBeLessThan(2.05);
  });

  it('draws at random where nothing can be moved, and refuses several objectives', () => {
    const space = spaceOf({ a: { type: 'bool' } });
    const study = studyOf({ space, sampler: cmaesSampler(settings) });
    expect(runTrials(study, ({ a }) => Number(a), 20)).toHaveLength(20);
    const several = studyOf({ space, sampler: cmaesSampler(settings), directions: ['minimize', 'maximize'] });
    expect(() => several.ask(0)).toThrow('CMA-ES takes one objective, and the study has 2');
  });

  it('starts anew once it has converged', () => {
    const space = spaceOf({ x: { type: 'float', low: 0, high: 1 }, y: { type: 'float', low: 0, high: 1 } });
    const study = studyOf({ space, sampler: cmaesSampler(settings), seed: 6 });
    const trials = runTrials(study, ({ x, y }) => (Number(x) - 0.3) ** 2 + (Number(y) - 0.7) ** 2, 1500);
    expect(study.best?.values?.[0]).toBeLessThan(1e-12);
    const far = trials.slice(200).filter(({ params }) => Math.abs(Number(params.x) - 0.3) > 0.2);
    expect(far.length).toBeGreaterThan(5);
  });
});
