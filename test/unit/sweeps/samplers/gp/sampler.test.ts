import { describe, expect, it } from 'vitest';
import type { SamplerConfig } from '../../../../../src/config/search/samplers';
import type { Direction } from '../../../../../src/config/search/search';
import type { TrialParams, TrialRow } from '../../../../../src/store/study';
import { hypervolume, paretoFront } from '../../../../../src/sweeps/pareto';
import { randomStream } from '../../../../../src/base/random';
import { drawUniform } from '../../../../../src/sweeps/space/space';
import { gpSampler } from '../../../../../src/sweeps/samplers/gp/sampler';
import { FUNCTIONS } from '../../../../helpers/objectives';
import { runTrials, spaceOf, studyOf, trialRow } from '../../../../helpers/studies';

const settings: Extract<SamplerConfig, { name: 'gp' }> = { name: 'gp', n_startup_trials: 10 };
const { branin, mixed4, sphere5 } = FUNCTIONS;

const paramsOf = (trials: readonly TrialRow[]): TrialParams[] => trials.map(({ params }) => params);

describe('the Gaussian process', () => {
  it('finds one of Branin’s minima in few trials', () => {
    const study = studyOf({ space: spaceOf(branin.space), sampler: gpSampler(settings), seed: 1 });
    runTrials(study, branin.objective, 35);
    expect(study.best?.values?.[0]).toBeLessThan(0.41);
  });

  it('maximises over logarithmic, whole and stepped numbers and choices', () => {
    const study = studyOf({
      space: spaceOf(mixed4.space),
      sampler: gpSampler(settings),
      directions: ['maximize'],
      seed: 1,
    });
    const trials = runTrials(study, (params) => -mixed4.objective(params), 40);
    expect(study.best?.values?.[0]).toBeGreaterThan(-0.002);
    expect(study.best?.params).toMatchObject({ optimizer: 'adam', dropout: 0.3 });
    for (const { params } of trials) expect(study.view.space.contains(params)).toBe(true);
  });

  it('repeats a study by its seed, and goes on after a reload as it would have', () => {
    const options = { space: spaceOf(branin.space), seed: 11 };
    const whole = runTrials(studyOf({ ...options, sampler: gpSampler(settings) }), branin.objective, 22);
    for (const cut of [9, 12, 19]) {
      const rest = studyOf({ ...options, sampler: gpSampler(settings) }, structuredClone(whole.slice(0, cut)));
      expect(paramsOf(runTrials(rest, branin.objective, 22))).toEqual(paramsOf(whole));
    }
  });

  it('tries no point of a small grid twice', () => {
    const space = spaceOf({
      a: { type: 'int', low: 0, high: 4 },
      b: { type: 'categorical', choices: ['x', 'y', 'z', 'w'] },
      c: { type: 'bool' },
    });
    const study = studyOf({ space, sampler: gpSampler({ ...settings, n_startup_trials: 3 }), seed: 3 });
    const trials = runTrials(study, ({ a, b }) => Math.abs(Number(a) - 3) + (b === 'z' ? 0 : 1), 45);
    const late = trials.slice(3).map(({ params }) => JSON.stringify(params));
    expect(new Set(late.slice(0, 35)).size).toBe(35);
    // All forty were tried by then: it goes on nevertheless.
    expect(trials).toHaveLength(45);
  });

  it('keeps away from what failed, and takes values that are infinite or far out', () => {
    const study = studyOf({ space: spaceOf(branin.space), sampler: gpSampler(settings), seed: 4 });
    const trials = runTrials(
      study,
      (params, number) => {
        if (Number(params.x) < 1) return { state: 'failed', reason: 'It diverged.' };
        return number === 12 ? Infinity : branin.objective(params);
      },
      45,
    );
    expect(trials.slice(-15).filter(({ state }) => state === 'failed').length).toBeLessThan(6);
    expect(study.best?.values?.[0]).toBeLessThan(0.6);
  });

  it('looks elsewhere while a trial runs', () => {
    const space = spaceOf({ x: { type: 'float', low: 0, high: 1 } });
    const study = studyOf({ space, sampler: gpSampler(settings), seed: 5 });
    runTrials(study, ({ x }) => Math.cos(9 * Number(x)), 14);
    const [first, second, third] = [study.ask(0)!, study.ask(0)!, study.ask(0)!].map(({ params }) => Number(params.x));
    expect(Math.abs(first - second)).toBeGreaterThan(1e-3);
    expect(Math.abs(second - third)).toBeGreaterThan(1e-3);
  });

  it('learns from a warm start, as far as the space takes it', () => {
    const warm = Array.from({ length: 30 }, (_, i) => {
      const params = { x: -5 + (i % 6) * 3, y: Math.floor(i / 6) * 3.75 };
      return trialRow({ number: i - 30, params, values: [branin.objective(params)] });
    });
    const outside = trialRow({ number: -31, params: { x: 99, y: 0 }, values: [-1e6] });
    const study = studyOf({ space: spaceOf(branin.space), sampler: gpSampler(settings) }, [], [outside, ...warm]);
    runTrials(study, branin.objective, 8);
    expect(study.best?.values?.[0]).toBeLessThan(0.5);
  });

  it('keeps values fixed by hand, fills in conditions, and meets constraints', () => {
    const space = spaceOf({
      a: { type: 'float', low: 0, high: 1 },
      b: { type: 'float', low: 0, high: 1 },
      kind: { type: 'categorical', choices: ['plain', 'fancy'] },
      extra: { type: 'int', low: 0, high: 9, when: { kind: 'fancy' } },
    });
    space.allows = ({ a, b }) => Number(a) + Number(b) <= 1;
    const study = studyOf({ space, sampler: gpSampler({ ...settings, n_startup_trials: 5 }), seed: 6 });
    const loss = ({ a, b }: TrialParams): number => -(Number(a) + 2 * Number(b));
    runTrials(study, loss, 15);
    study.enqueue({ a: 0.25, kind: 'fancy' });
    const trials = runTrials(study, loss, 30);
    expect(trials[15].params).toMatchObject({ a: 0.25, kind: 'fancy' });
    for (const { params } of trials) expect(space.contains(params)).toBe(true);
    expect(study.best?.values?.[0]).toBeLessThan(-1.95);
  });

  it('spreads over the front of several objectives', () => {
    const directions: Direction[] = ['minimize', 'maximize'];
    const volume = (sampler = gpSampler(settings)): number => {
      const space = spaceOf({ x: { type: 'float', low: -4, high: 4 }, y: { type: 'float', low: -4, high: 4 } });
      const study = studyOf({ space, sampler, directions, seed: 7 });
      const trials = runTrials(
        study,
        ({ x, y }) => [Number(x) ** 2 + Number(y) ** 2, -((Number(x) - 2) ** 2) - Number(y) ** 2],
        40,
      );
      const points = paretoFront(trials, directions).map(({ values }) => [values[0], -values[1]]);
      return hypervolume(points, [5, 5]);
    };
    // The front between (0, 4) and (4, 0) is √f₁ + √f₂ = 2; all of it covers 25 − 8/3.
    expect(volume()).toBeGreaterThan(21);
    expect(volume(gpSampler({ ...settings, n_startup_trials: 99 }))).toBeLessThan(volume());
  });

  it('goes on with more trials than it takes into account', () => {
    const space = spaceOf(sphere5.space);
    const random = randomStream(1, 'many');
    const many = Array.from({ length: 230 }, (_, number) => {
      const params = space.fill(({ distribution }) => drawUniform(distribution, random));
      return trialRow({ number, params, values: [sphere5.objective(params)] });
    });
    const study = studyOf({ space, sampler: gpSampler(settings) }, many);
    runTrials(study, sphere5.objective, 234);
    expect(study.best?.values?.[0]).toBeLessThan(1);
  });
});
