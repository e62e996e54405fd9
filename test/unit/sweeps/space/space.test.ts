import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import type { SearchSpaceInput } from '../../../../src/config/search/space';
import { contains } from '../../../../src/config/search/ranges';
import { drawUniform } from '../../../../src/sweeps/space/space';
import { constrained, spaceOf } from '../trials';

/** What depends on something comes before it. */
const CHAIN: SearchSpaceInput = {
  nesterov: { type: 'bool', when: { momentum: [0.5, 0.9], optimizer: 'sgd' } },
  momentum: { type: 'categorical', choices: [0, 0.5, 0.9], when: { optimizer: 'sgd' } },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
  width: { type: 'int', low: 1, high: 4 },
};

describe('Space', () => {
  it('puts conditions before what depends on them', () => {
    const keys = spaceOf(CHAIN).parameters.map(({ key }) => key);
    expect(keys.indexOf('optimizer')).toBeLessThan(keys.indexOf('momentum'));
    expect(keys.indexOf('momentum')).toBeLessThan(keys.indexOf('nesterov'));
  });

  it('refuses conditions that go round in a circle, with their keys', () => {
    const circle: SearchSpaceInput = {
      a: { type: 'bool', when: { b: true } },
      b: { type: 'bool', when: { a: true } },
      c: { type: 'bool' },
    };
    expect(() => spaceOf(circle)).toThrow(/circle: a, b/);
  });

  it('knows its parameters by key, and which of them every trial has', () => {
    const space = spaceOf(CHAIN);
    expect(space.get('width')?.distribution.type).toBe('int');
    expect(space.get('depth')).toBeUndefined();
    expect(space.unconditional.map(({ key }) => key)).toEqual(['optimizer', 'width']);
  });

  it('has parameters active only where all their conditions hold', () => {
    const space = spaceOf(CHAIN);
    const active = (key: string, params: Parameters<typeof space.isActive>[1]): boolean =>
      space.isActive(space.get(key)!, params);
    expect(active('width', {})).toBe(true);
    expect(active('momentum', {})).toBe(false);
    expect(active('momentum', { optimizer: 'sgd' })).toBe(true);
    expect(active('nesterov', { optimizer: 'sgd', momentum: 0 })).toBe(false);
    expect(active('nesterov', { optimizer: 'sgd', momentum: 0.9 })).toBe(true);
  });

  it('contains trials with exactly the active parameters, each in its range', () => {
    const space = spaceOf(CHAIN);
    expect(space.contains({ optimizer: 'adam', width: 2 })).toBe(true);
    expect(space.contains({ optimizer: 'sgd', width: 2, momentum: 0 })).toBe(true);
    expect(space.contains({ optimizer: 'sgd', width: 2 })).toBe(false);
    expect(space.contains({ optimizer: 'adam', width: 2, momentum: 0 })).toBe(false);
    expect(space.contains({ optimizer: 'adam', width: 9 })).toBe(false);
    expect(space.contains({ optimizer: 'adam', width: 2, depth: 1 })).toBe(false);
    expect(constrained(CHAIN, () => false).contains({ optimizer: 'adam', width: 2 })).toBe(false);
  });

  it('fills in what is not fixed, each value knowing those before it', () => {
    const space = spaceOf(CHAIN);
    const seen: string[] = [];
    const params = space.fill(
      ({ key, distribution }, before) => {
        seen.push(`${key} after ${Object.keys(before).join(', ')}`);
        return distribution.type === 'categorical' ? distribution.choices[1] : 3;
      },
      { optimizer: 'sgd' },
    );
    expect(params).toEqual({ optimizer: 'sgd', width: 3, momentum: 0.5, nesterov: true });
    expect(seen).toEqual([
      'width after optimizer',
      'momentum after optimizer, width',
      'nesterov after optimizer, width, momentum',
    ]);
  });

  it('draws again while constraints are not met, and gives up where nothing meets them', () => {
    const space = constrained(CHAIN, ({ width }) => width === 4);
    const random = randomStream(3, 'fill');
    expect(space.fill(({ distribution }) => drawUniform(distribution, random)).width).toBe(4);
    expect(() => space.fill(({ distribution }) => drawUniform(distribution, random), { width: 1 })).toThrow(
      /met the constraints/,
    );
  });
});

describe('drawUniform', () => {
  const draws = (spec: SearchSpaceInput[string], count: number) => {
    const [{ distribution }] = spaceOf({ x: spec }).parameters;
    const random = randomStream(5, 'draw');
    const values = Array.from({ length: count }, () => drawUniform(distribution, random));
    expect(values.every((value) => contains(distribution, value))).toBe(true);
    return values;
  };

  it('draws by the logarithm where the range is logarithmic', () => {
    const rates = draws({ type: 'float', low: 1e-4, high: 1, log: true }, 4000).map(Number);
    expect(rates.filter((rate) => rate < 1e-2).length / 4000).toBeCloseTo(0.5, 1);
    const widths = draws({ type: 'int', low: 4, high: 256, log: true }, 4000).map(Number);
    expect(widths.filter((width) => width < 32).length / 4000).toBeCloseTo(0.5, 1);
  });

  it('gives the outermost values with steps as much as those between', () => {
    const values = draws({ type: 'float', low: 0, high: 0.4, step: 0.1 }, 5000);
    for (const value of [0, 0.1, 0.2, 0.3, 0.4]) {
      expect(values.filter((each) => each === value).length / 5000).toBeCloseTo(0.2, 1.5);
    }
  });

  it('gives every choice the same share', () => {
    const values = draws({ type: 'categorical', choices: ['a', 'b', 'c', 'd'] }, 4000);
    for (const choice of ['a', 'b', 'c', 'd']) {
      expect(values.filter((each) => each === choice).length / 4000).toBeCloseTo(0.25, 1.5);
    }
  });
});
