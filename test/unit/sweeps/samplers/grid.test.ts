import { describe, expect, it } from 'vitest';
import type { SearchSpaceInput } from '../../../../src/config/search/space';
import type { TrialParams, TrialRow } from '../../../../src/store/study';
import { gridSampler } from '../../../../src/sweeps/samplers/grid';
import type { Space } from '../../../../src/sweeps/space/space';
import { constrained, runTrials, spaceOf, trial, viewOf } from '../trials';

/** Trials that follow upon one another until the grid ends. */
const all = (space: Space, trials: TrialRow[] = [], seed = 7): TrialParams[] =>
  runTrials(gridSampler(), viewOf(space, trials, { seed }), 1000, () => ({})).map(({ params }) => params);

const distinct = (params: TrialParams[]): number => new Set(params.map((each) => JSON.stringify(each))).size;

const PLAIN: SearchSpaceInput = {
  width: { type: 'int', low: 8, high: 32, step: 8 },
  dropout: { type: 'float', low: 0, high: 0.3, step: 0.1 },
  bias: { type: 'bool' },
};

const CONDITIONAL: SearchSpaceInput = {
  momentum: { type: 'float', low: 0, high: 0.9, step: 0.3, when: { optimizer: 'sgd' } },
  nesterov: { type: 'bool', when: { optimizer: 'sgd' } },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lion'] },
  beta: { type: 'categorical', choices: [0.9, 0.99], when: { optimizer: ['adam', 'lion'] } },
};

describe('the grid sampler', () => {
  it('tries every combination once, then has none', () => {
    const params = all(spaceOf(PLAIN));
    expect(params).toHaveLength(4 * 4 * 2);
    expect(distinct(params)).toBe(32);
    expect(new Set(params.map(({ dropout }) => dropout))).toEqual(new Set([0, 0.1, 0.2, 0.3]));
  });

  it('counts conditional parameters only where they are active', () => {
    const space = spaceOf(CONDITIONAL);
    const params = all(space);
    expect(params).toHaveLength(4 * 2 + 2 + 2);
    expect(distinct(params)).toBe(12);
    for (const each of params) expect(space.contains(each)).toBe(true);
  });

  it('leaves out what breaks a constraint', () => {
    const space = constrained(PLAIN, ({ width, bias }) => !bias || Number(width) > 16);
    expect(all(space)).toHaveLength(4 * 4 + 2 * 4);
  });

  it('has an order of its own for every seed', () => {
    const space = spaceOf(PLAIN);
    expect(all(space, [], 1)).toEqual(all(space, [], 1));
    expect(all(space, [], 1)).not.toEqual(all(space, [], 2));
    const firsts = new Set(Array.from({ length: 60 }, (_, seed) => JSON.stringify(all(space, [], seed)[0])));
    expect(firsts.size).toBeGreaterThan(20);
  });

  it('gives trials that run at the same time different combinations', () => {
    const space = spaceOf(PLAIN);
    const trials: TrialRow[] = [];
    for (let number = 0; number < 32; number++) {
      const suggestion = gridSampler().suggest(viewOf(space, trials), number, {});
      trials.push(
        trial(number, { ...suggestion, attributes: suggestion?.attributes ?? {}, state: 'running', values: null }),
      );
    }
    expect(distinct(trials.map(({ params }) => params))).toBe(32);
    expect(gridSampler().suggest(viewOf(space, trials), 32, {})).toBeNull();
  });

  it('does not repeat what was enqueued by hand, and fills up what is fixed in part', () => {
    const space = spaceOf(PLAIN);
    const byHand = { width: 16, dropout: 0.1, bias: true };
    const trials = [trial(0, { params: byHand })];
    expect(gridSampler().suggest(viewOf(space, []), 0, byHand)?.params).toEqual(byHand);

    const partly = gridSampler().suggest(viewOf(space, trials), 1, { width: 16, dropout: 0.1 });
    expect(partly?.params).toEqual({ ...byHand, bias: false });
    const rest = runTrials(gridSampler(), viewOf(space, trials), 1000, () => ({})).slice(1);
    expect(rest).toHaveLength(31);
    expect(rest.map(({ params }) => params)).not.toContainEqual(byHand);
  });

  it('runs again by hand what was tried', () => {
    const byHand = { width: 16, dropout: 0.1, bias: true };
    const trials = [trial(0, { params: byHand })];
    expect(gridSampler().suggest(viewOf(spaceOf(PLAIN), trials), 1, byHand)?.params).toEqual(byHand);
  });

  it('takes values off the grid by hand', () => {
    const params = gridSampler().suggest(viewOf(spaceOf(PLAIN)), 0, { width: 11 })?.params;
    expect(params).toMatchObject({ width: 11 });
    expect(Object.keys(params!)).toHaveLength(3);
  });

  it('does not list a grid of a million million combinations', () => {
    const space = spaceOf(
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`x${i}`, { type: 'int', low: 1, high: 10 }])),
    );
    const params = runTrials(gridSampler(), viewOf(space), 50, () => ({})).map((row) => row.params);
    expect(distinct(params)).toBe(50);
    expect(new Set(params.map(({ x0 }) => x0)).size).toBeGreaterThan(7);
    expect(new Set(params.map(({ x11 }) => x11)).size).toBeGreaterThan(7);
  });

  it('ignores combinations of other studies', () => {
    const warm = [trial(-1, { params: { n: 1 }, attributes: { grid_place: 1 } })];
    expect(all(spaceOf({ n: { type: 'int', low: 1, high: 2 } }), warm).slice(1)).toHaveLength(2);
  });

  it('refuses a float without steps by its key', () => {
    const space = spaceOf({ rate: { type: 'float', low: 0, high: 1 } });
    expect(() => gridSampler().suggest(viewOf(space), 0, {})).toThrow(/rate has no step/);
  });
});
