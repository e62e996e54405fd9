import { describe, expect, it } from 'vitest';
import type { SamplerConfig } from '../../../../../src/config/search/samplers';
import type { Direction } from '../../../../../src/config/search/search';
import type { TrialParams, TrialRow } from '../../../../../src/store/study';
import { hypervolume, paretoFront } from '../../../../../src/sweeps/pareto';
import { nsga2Sampler } from '../../../../../src/sweeps/samplers/nsga2/sampler';
import { FRONTS, FUNCTIONS } from '../../../../helpers/objectives';
import { runTrials, spaceOf, studyOf, trialRow } from '../../../../helpers/studies';

const settings: Extract<SamplerConfig, { name: 'nsga2' }> = {
  name: 'nsga2',
  population: 20,
  mutation: null,
  crossover: 0.9,
  swapping: 0.5,
};
const BOTH: Direction[] = ['minimize', 'minimize'];
const { zdt1 } = FRONTS;
const { mixed4 } = FUNCTIONS;

const paramsOf = (trials: readonly TrialRow[]): TrialParams[] => trials.map(({ params }) => params);

const generationOf = ({ attributes }: TrialRow): unknown => (attributes.nsga2 as { generation: number }).generation;

describe('NSGA-II', () => {
  it('moves towards the front of ZDT1', () => {
    const study = studyOf({ space: spaceOf(zdt1.space), sampler: nsga2Sampler(settings), directions: BOTH, seed: 1 });
    const trials = runTrials(study, zdt1.objectives, 800);
    const volume = (part: readonly TrialRow[]): number =>
      hypervolume(
        paretoFront(part, BOTH).map(({ values }) => values),
        [11, 11],
      );
    expect(volume(trials)).toBeGreaterThan(108);
    expect(volume(trials)).toBeGreaterThan(volume(trials.slice(0, 100)) + 15);
  });

  it('minimises one objective over numbers and choices', () => {
    const study = studyOf({ space: spaceOf(mixed4.space), sampler: nsga2Sampler(settings), seed: 2 });
    const trials = runTrials(study, mixed4.objective, 500);
    expect(study.best?.values?.[0]).toBeLessThan(0.02);
    for (const { params } of trials) expect(study.view.space.contains(params)).toBe(true);
  });

  it('has generations of the size of its population, each from the best of all before', () => {
    const study = studyOf({ space: spaceOf(mixed4.space), sampler: nsga2Sampler(settings), seed: 2 });
    const trials = runTrials(study, mixed4.objective, 65);
    expect(trials.map(generationOf)).toEqual(trials.map((_, i) => Math.floor(i / 20)));
    const { parents } = trials[40].attributes.nsga2 as { parents: number[] };
    const best = [...trials.slice(0, 40)].sort((a, b) => a.values![0] - b.values![0]).slice(0, 20);
    expect([...parents].sort((a, b) => a - b)).toEqual(best.map(({ number }) => number).sort((a, b) => a - b));
  });

  it('repeats a study by its seed, and goes on after a reload as it would have', () => {
    const options = { space: spaceOf(zdt1.space), directions: BOTH, seed: 11 };
    const whole = runTrials(studyOf({ ...options, sampler: nsga2Sampler(settings) }), zdt1.objectives, 90);
    for (const cut of [0, 19, 20, 33, 61]) {
      const rest = studyOf({ ...options, sampler: nsga2Sampler(settings) }, structuredClone(whole.slice(0, cut)));
      expect(paramsOf(runTrials(rest, zdt1.objectives, 90))).toEqual(paramsOf(whole));
    }
  });

  it('has the same parents for a whole generation, whoever ends late', () => {
    const study = studyOf({ space: spaceOf(mixed4.space), sampler: nsga2Sampler(settings), seed: 3 });
    const late = study.ask(0)!;
    while (study.trials.length < 21) {
      const { number, params } = study.ask(0)!;
      study.tell(number, { state: 'complete', values: [mixed4.objective(params)] }, 1);
    }
    const first = study.ask(0)!;
    expect(generationOf(first)).toBe(1);
    study.tell(late.number, { state: 'complete', values: [-1] }, 1);
    const { parents } = first.attributes.nsga2 as { parents: number[] };
    expect(parents).not.toContain(late.number);
    expect(study.ask(0)!.attributes.nsga2).toEqual({ generation: 1 });
  });

  it('goes on where all trials of a generation failed', () => {
    const study = studyOf({ space: spaceOf(mixed4.space), sampler: nsga2Sampler(settings), seed: 4 });
    const trials = runTrials(study, (params, number) => (number < 25 ? NaN : mixed4.objective(params)), 120);
    expect(trials.slice(0, 25).every(({ state }) => state === 'failed')).toBe(true);
    expect(study.best?.values?.[0]).toBeLessThan(1);
  });

  it('begins with what a warm start brought, as far as the space takes it', () => {
    const good = { rate: 1e-3, width: 37, optimizer: 'adam', dropout: 0.3 };
    const warm = Array.from({ length: 20 }, (_, i) =>
      trialRow({
        number: i - 20,
        params: i % 2 ? good : { ...good, width: 999 },
        values: [i % 2 ? 0 : -1],
        attributes: { nsga2: { generation: 7 } },
      }),
    );
    const sampler = nsga2Sampler({ ...settings, mutation: 0 });
    const study = studyOf({ space: spaceOf(mixed4.space), sampler }, [], warm);
    const trial = study.ask(0)!;
    expect(trial.params).toEqual(good);
    expect(generationOf(trial)).toBe(1);
  });

  it('inherits what is searched under a condition, keeps fixed values, and meets constraints', () => {
    const space = spaceOf({
      optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
      momentum: { type: 'float', low: 0, high: 1, when: { optimizer: 'sgd' } },
      rate: { type: 'float', low: 0, high: 1 },
    });
    space.allows = ({ momentum, rate }) => Number(rate) + Number(momentum ?? 0) <= 1.2;
    const study = studyOf({ space, sampler: nsga2Sampler(settings), directions: BOTH, seed: 5 });
    study.enqueue({ optimizer: 'sgd', momentum: 0.125 });
    const trials = runTrials(study, ({ momentum, rate }) => [Number(rate), -Number(momentum ?? 0.5)], 150);
    expect(trials[0].params).toMatchObject({ optimizer: 'sgd', momentum: 0.125 });
    for (const { params } of trials) expect(space.contains(params)).toBe(true);
    const late = trials.slice(-40).flatMap(({ params }) => params.momentum ?? []);
    expect(late.filter((momentum) => Number(momentum) > 0.8).length).toBeGreaterThan(5);
  });
});
