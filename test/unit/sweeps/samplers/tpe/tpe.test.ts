import { describe, expect, it } from 'vitest';
import type { SearchSpaceInput } from '../../../../../src/config/search/space';
import type { TrialParams, TrialRow } from '../../../../../src/store/study';
import { tpeSampler } from '../../../../../src/sweeps/samplers/tpe/tpe';
import { constrained, runTrials, spaceOf, trial, viewOf } from '../../trials';

const tpe = (change: Partial<Parameters<typeof tpeSampler>[0]> = {}) =>
  tpeSampler({
    name: 'tpe',
    multivariate: true,
    constant_liar: true,
    n_startup_trials: 10,
    n_ei_candidates: 24,
    ...change,
  });

const MIXED: SearchSpaceInput = {
  rate: { type: 'float', low: 1e-5, high: 1, log: true },
  width: { type: 'int', low: 8, high: 64 },
  dropout: { type: 'float', low: 0, high: 0.9, step: 0.1 },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
  momentum: { type: 'float', low: 0, high: 1, when: { optimizer: 'sgd' } },
  bias: { type: 'bool' },
};

/** Best at rate 1e-3, width 40 and adam. */
const badness = ({ rate, width, optimizer }: TrialParams): number =>
  (Math.log10(Number(rate)) + 3) ** 2 + ((Number(width) - 40) / 20) ** 2 + (optimizer === 'adam' ? 0 : 0.5);

const complete = (params: TrialParams): Partial<TrialRow> => ({ values: [badness(params)] });

const BOX: SearchSpaceInput = { x: { type: 'float', low: 0, high: 1 }, y: { type: 'float', low: 0, high: 1 } };

/** Complete trials on a line of x, the best at x = 0.2. */
const onLine = (count: number): TrialRow[] =>
  Array.from({ length: count }, (_, i) => {
    const x = (i + 0.5) / count;
    return trial(i, { params: { x, y: (i * 0.618) % 1 }, values: [Math.abs(x - 0.2)] });
  });

describe.each([true, false])('TPE, multivariate: %s', (multivariate) => {
  const sampler = tpe({ multivariate });

  it('finds much better trials than it began with', () => {
    const trials = runTrials(sampler, viewOf(spaceOf(MIXED)), 80, complete);
    const values = trials.map(({ values }) => values?.[0] ?? NaN);
    const startup = Math.min(...values.slice(0, 10));
    const mean = values.slice(60).reduce((sum, value) => sum + value, 0) / 20;
    expect(Math.min(...values)).toBeLessThan(startup);
    expect(mean).toBeLessThan(values.slice(0, 10).reduce((sum, value) => sum + value, 0) / 20);
  });

  it('suggests the same trials for the same seed, others for another', () => {
    const run = (seed: number) => runTrials(tpe({ multivariate }), viewOf(spaceOf(MIXED), [], { seed }), 20, complete);
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('answers alike whatever it was asked before', () => {
    const space = spaceOf(MIXED);
    const trials = runTrials(sampler, viewOf(space), 30, complete);
    const asked = sampler.suggest(viewOf(space, trials), 30, {});
    sampler.suggest(viewOf(space, trials.slice(0, 12)), 12, {});
    expect(sampler.suggest(viewOf(space, trials), 30, {})).toEqual(asked);
    expect(tpe({ multivariate }).suggest(viewOf(spaceOf(MIXED), structuredClone(trials)), 30, {})).toEqual(asked);
  });

  it('gives every active parameter a value in its range, and no other', () => {
    const space = spaceOf(MIXED);
    const trials = runTrials(sampler, viewOf(space), 40, complete);
    for (const { params } of trials) expect(space.contains(params)).toBe(true);
    expect(new Set(trials.map(({ params }) => 'momentum' in params)).size).toBe(2);
  });

  it('leaves fixed values as they are, conditional ones too', () => {
    const space = spaceOf(MIXED);
    const trials = runTrials(sampler, viewOf(space), 15, complete);
    const fixed = { width: 9, optimizer: 'sgd', momentum: 0.25 };
    const params = sampler.suggest(viewOf(space, trials), 15, fixed)?.params;
    expect(params).toMatchObject(fixed);
    expect(space.contains(params!)).toBe(true);
    expect(
      sampler.suggest(viewOf(space, trials), 15, { optimizer: 'adam', momentum: 0.25 })?.params,
    ).not.toHaveProperty('momentum');
  });

  it('meets constraints, though good trials lie beyond them', () => {
    const space = constrained(BOX, ({ x, y }) => x === undefined || y === undefined || Number(x) + Number(y) > 1.2);
    const trials = runTrials(sampler, viewOf(space), 40, ({ x, y }) => ({ values: [Number(x) + Number(y)] }));
    expect(trials).toHaveLength(40);
    for (const { params } of trials) expect(space.allows(params)).toBe(true);
  });

  it('keeps away from what failed, and bears that everything did', () => {
    const failed = Array.from({ length: 30 }, (_, i) =>
      trial(i, { state: 'failed', values: null, params: { x: 0.3 * ((i * 0.618) % 1), y: (i * 0.414) % 1 } }),
    );
    const xs = Array.from({ length: 30 }, (_, seed) =>
      Number(sampler.suggest(viewOf(spaceOf(BOX), failed, { seed }), 30, {})?.params.x),
    );
    expect(xs.filter((x) => x < 0.3).length).toBeLessThan(5);
  });

  it('keeps away from running trials, unless it does not count them', () => {
    const trials = onLine(20);
    const busy = Array.from({ length: 20 }, (_, i) =>
      trial(20 + i, { state: 'running', values: null, params: { x: 0.2, y: (i * 0.618) % 1 } }),
    );
    const near = (liar: boolean): number => {
      const asked = tpe({ multivariate, constant_liar: liar });
      const view = (seed: number) => viewOf(spaceOf(BOX), [...trials, ...busy], { seed });
      const xs = Array.from({ length: 40 }, (_, seed) => Number(asked.suggest(view(seed), 40, {})?.params.x));
      return xs.filter((x) => Math.abs(x - 0.2) < 0.08).length;
    };
    expect(near(true)).toBeLessThan(near(false) / 2);
  });

  it('bears objectives and values that are no numbers, infinite or out of the range', () => {
    const strange: Partial<TrialRow>[] = [
      { values: [NaN] },
      { values: [Infinity] },
      { values: [-Infinity] },
      { values: null },
      { params: { x: NaN, y: 0.5 } },
      { params: { x: 7, y: 0.5 } },
      { params: { x: 'far', y: null } },
      { params: {} },
      { state: 'pruned', values: null, intermediate: { steps: [1], values: [NaN] } },
      { violation: NaN },
    ];
    const trials = [
      ...onLine(15),
      ...strange.map((change, i) => trial(15 + i, { params: { x: 0.5, y: 0.5 }, ...change })),
    ];
    const space = spaceOf(BOX);
    for (let count = 1; count <= trials.length; count++) {
      const params = tpe({ multivariate, n_startup_trials: 0 }).suggest(
        viewOf(space, trials.slice(-count)),
        99,
        {},
      )?.params;
      expect(space.contains(params!)).toBe(true);
    }
  });

  it('needs no trial at all where none has to be drawn at random', () => {
    const space = spaceOf(MIXED);
    const params = tpe({ multivariate, n_startup_trials: 0 }).suggest(viewOf(space), 0, {})?.params;
    expect(space.contains(params!)).toBe(true);
  });

  it('gives parameters with one value that value', () => {
    const single = spaceOf({
      x: { type: 'float', low: 0.5, high: 0.5 },
      log: { type: 'float', low: 0.1, high: 0.1, log: true },
      n: { type: 'int', low: 3, high: 3 },
      logN: { type: 'int', low: 8, high: 8, log: true },
      steps: { type: 'float', low: 0, high: 0.15, step: 0.2 },
      choice: { type: 'categorical', choices: [[1, 2]] },
    });
    const [last] = runTrials(sampler, viewOf(single), 15, () => ({})).slice(-1);
    expect(last.params).toEqual({ x: 0.5, log: 0.1, n: 3, logN: 8, steps: 0, choice: [1, 2] });
  });

  it('learns from several objectives', () => {
    const view = viewOf(spaceOf(BOX), [], { directions: ['minimize', 'maximize'] });
    const trials = runTrials(sampler, view, 80, ({ x, y }) => ({
      values: [Number(x) ** 2 + Number(y), -((Number(x) - 0.5) ** 2) - Number(y)],
    }));
    const ys = trials.slice(50).map(({ params }) => Number(params.y));
    // A small y is better for both.
    expect(ys.filter((y) => y < 0.3).length).toBeGreaterThan(15);
  });
});

describe('TPE', () => {
  it('learns from the trials of a warm start', () => {
    const warm = onLine(40).map((row) => ({ ...row, number: row.number - 40 }));
    const xs = Array.from({ length: 30 }, (_, seed) =>
      Number(tpe().suggest(viewOf(spaceOf(BOX), warm, { seed }), 0, {})?.params.x),
    );
    expect(xs.filter((x) => Math.abs(x - 0.2) < 0.15).length).toBeGreaterThan(20);
  });

  it('draws at random until there are enough trials that ended', () => {
    const space = spaceOf(BOX);
    const ended = onLine(9);
    const running = trial(9, { state: 'running', values: null, params: { x: 0.1, y: 0.1 } });
    const suggestion = tpe().suggest(viewOf(space, [...ended, running]), 10, {});
    expect(suggestion).toEqual(tpe().suggest(viewOf(space), 10, {}));
    expect(tpe().suggest(viewOf(space, onLine(10)), 10, {})).not.toEqual(suggestion);
  });

  it('models parameters together: where x and y must agree, they do', () => {
    const trials = Array.from({ length: 120 }, (_, i) => {
      const [x, y] = [(i * 0.618) % 1, (i * 0.414) % 1];
      return trial(i, { params: { x, y }, values: [Math.abs(x - y)] });
    });
    const distance = (multivariate: boolean): number => {
      const distances = Array.from({ length: 40 }, (_, seed) => {
        const params = tpe({ multivariate }).suggest(viewOf(spaceOf(BOX), trials, { seed }), 120, {})?.params;
        return Math.abs(Number(params?.x) - Number(params?.y));
      });
      return distances.reduce((sum, value) => sum + value, 0) / distances.length;
    };
    expect(distance(true)).toBeLessThan(distance(false) / 2);
  });
});
