import { describe, expect, it } from 'vitest';
import type { SearchSpaceInput } from '../../../../../src/config/search/space';
import { qmcSampler } from '../../../../../src/sweeps/samplers/qmc/qmc';
import { sobol } from '../../../../../src/sweeps/samplers/qmc/sobol';
import { constrained, runTrials, spaceOf, trial, viewOf } from '../../trials';

const plain = qmcSampler({ name: 'qmc', scramble: false });
const scrambled = qmcSampler({ name: 'qmc', scramble: true });

const BOX: SearchSpaceInput = { x: { type: 'float', low: 0, high: 1 }, y: { type: 'float', low: 0, high: 2 } };

const CONDITIONAL: SearchSpaceInput = {
  optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
  momentum: { type: 'float', low: 0, high: 1, when: { optimizer: 'sgd' } },
  width: { type: 'int', low: 16, high: 512, log: true },
};

describe('the Sobol sampler', () => {
  it('gives the points of the sequence, one after another', () => {
    const trials = runTrials(plain, viewOf(spaceOf(BOX)), 16, () => ({}));
    expect(trials.map(({ params }) => params)).toEqual(
      trials.map((_, index) => ({ x: sobol(index, 0), y: 2 * sobol(index, 1) })),
    );
  });

  it('differs between seeds where it is scrambled, and is as even', () => {
    const run = (seed: number) => runTrials(scrambled, viewOf(spaceOf(BOX), [], { seed }), 32, () => ({}));
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const cells = run(1).map(({ params }) => Math.floor(32 * Number(params.x)));
    expect(new Set(cells).size).toBe(32);
  });

  it('gives conditional parameters a dimension of their own', () => {
    const space = spaceOf(CONDITIONAL);
    const trials = runTrials(plain, viewOf(space), 32, () => ({}));
    for (const { params } of trials) expect(space.contains(params)).toBe(true);
    const sgd = trials.filter(({ params }) => params.optimizer === 'sgd');
    expect(sgd).toHaveLength(16);
    expect(new Set(sgd.map(({ params }) => params.momentum)).size).toBe(16);
  });

  it('passes over points that break constraints, and never gives one twice', () => {
    const space = constrained(BOX, ({ x, y }) => Number(x) < 0.5 || Number(y) < 0.3);
    const trials = runTrials(plain, viewOf(space), 40, () => ({}));
    for (const { params } of trials) expect(space.allows(params)).toBe(true);
    const indices = trials.map(({ attributes }) => Number(attributes.qmc_index));
    expect(new Set(indices).size).toBe(40);
    expect(indices).toEqual([...indices].sort((a, b) => a - b));
    expect(indices.at(-1)).toBeGreaterThan(39);
  });

  it('goes on behind running trials, whatever was enqueued or learnt before', () => {
    const space = spaceOf(BOX);
    const trials = [
      trial(-1, { attributes: { qmc_index: 50 } }),
      trial(0, { params: { x: 0.3, y: 0.3 } }),
      trial(1, { state: 'running', values: null, attributes: { qmc_index: 4 } }),
    ];
    expect(plain.suggest(viewOf(space, trials), 2, {})).toEqual({
      params: { x: sobol(5, 0), y: 2 * sobol(5, 1) },
      attributes: { qmc_index: 5 },
    });
  });

  it('leaves fixed values as they are, and takes no point where all are', () => {
    const space = spaceOf(BOX);
    expect(plain.suggest(viewOf(space), 0, { x: 0.123 })?.params).toEqual({ x: 0.123, y: 0 });
    expect(plain.suggest(viewOf(space), 0, { x: 0.1, y: 0.2 })).toEqual({ params: { x: 0.1, y: 0.2 } });
  });

  it('draws parameters beyond its dimensions at random', () => {
    const space = spaceOf(
      Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`x${i}`, { type: 'float', low: 0, high: 1 }])),
    );
    const trials = runTrials(plain, viewOf(space), 4, () => ({}));
    for (const { params } of trials) expect(space.contains(params)).toBe(true);
    expect(new Set(trials.map(({ params }) => params.x69)).size).toBe(4);
  });
});
