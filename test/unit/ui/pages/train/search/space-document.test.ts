import { describe, expect, it } from 'vitest';
import { checkConfig, parseConfig } from '../../../../../../src/config/parse';
import { configToYaml, parseYaml } from '../../../../../../src/config/yaml';
import {
  conditionOf,
  dependsOn,
  parameterOfProblem,
  spaceOf,
  withoutParameter,
  withParameter,
} from '../../../../../../src/ui/pages/train/search/space-document';

const RATE = 'training.optimizer.learning_rate';
const NAME = 'training.optimizer.name';
const MOMENTUM = 'training.optimizer.momentum';
const rate = { type: 'float', low: 1e-5, high: 0.1, log: true };
const name = { type: 'categorical', choices: ['sgd', 'adamw'] };
const momentum = { type: 'float', low: 0, high: 0.99, when: { [NAME]: 'sgd' } };
const full = [
  [RATE, rate],
  [NAME, name],
  [MOMENTUM, momentum],
] as const;
const document = full.reduce<unknown>((before, [key, spec]) => withParameter(before, key, spec), { name: 'mine' });

describe('a search space in a document', () => {
  it('is written under whole keys, in the order in which they were added', () => {
    expect(Object.keys(spaceOf(document))).toEqual([RATE, NAME, MOMENTUM]);
    expect(Object.keys(spaceOf(withParameter(document, RATE, { ...rate, low: 1e-4 })))).toEqual([RATE, NAME, MOMENTUM]);
    expect(checkConfig(document)).toMatchObject({ ok: true, config: { name: 'mine' } });
  });

  it('goes to YAML and back unchanged', () => {
    const config = parseConfig(document);
    expect(parseConfig(parseYaml(configToYaml(config)))).toEqual(config);
    expect(parseConfig(parseYaml(configToYaml(config, { full: false })))).toEqual(config);
  });

  it('a parameter that goes takes the conditions that ask for it along', () => {
    const without = spaceOf(withoutParameter(document, NAME));
    expect(without).toEqual({ [RATE]: rate, [MOMENTUM]: { ...momentum, when: null } });
    const twice = withParameter(document, MOMENTUM, { ...momentum, when: { [NAME]: 'sgd', [RATE]: 0.1 } });
    expect(spaceOf(withoutParameter(twice, NAME))[MOMENTUM]).toMatchObject({ when: { [RATE]: 0.1 } });
  });

  it('replaces what was no section', () => {
    for (const wrong of [null, {}, { optimization: 3 }, { optimization: { hyperparameter_search: [] } }])
      expect(spaceOf(withParameter(wrong, RATE, rate))).toEqual({ [RATE]: rate });
    expect(spaceOf({ optimization: { hyperparameter_search: { search_space: 3 } } })).toEqual({});
  });
});

describe('conditions', () => {
  it('follow from the variants that have the setting', () => {
    const requires = [{ key: NAME, variants: ['sgd'] }];
    expect(conditionOf(requires, spaceOf(document))).toEqual({ [NAME]: 'sgd' });
    expect(conditionOf(requires, {})).toBeNull();
    expect(conditionOf([{ key: NAME, variants: ['sgd', 'adamw'] }], spaceOf(document))).toBeNull();
    const three = { [NAME]: { type: 'categorical', choices: ['sgd', 'adamw', 'lion'] } };
    expect(conditionOf([{ key: NAME, variants: ['sgd', 'lion'] }], three)).toEqual({ [NAME]: ['sgd', 'lion'] });
  });

  it('are followed through others, and round in a circle without end', () => {
    const chain = {
      a: { type: 'bool' },
      b: { type: 'bool', when: { a: true } },
      c: { type: 'bool', when: { b: true } },
      d: { type: 'bool', when: { e: true } },
      e: { type: 'bool', when: { d: true } },
    };
    expect(dependsOn(chain, 'c', 'a')).toBe(true);
    expect(dependsOn(chain, 'a', 'c')).toBe(false);
    expect(dependsOn(chain, 'd', 'a')).toBe(false);
    expect(dependsOn(chain, 'd', 'e')).toBe(true);
  });
});

describe('problems', () => {
  const at = (key: string): unknown =>
    parameterOfProblem(`optimization.hyperparameter_search.search_space.${key}`, [RATE, 'training.optimizer', NAME]);

  it('belong to the longest key that fits', () => {
    expect(at(`${RATE}.low`)).toEqual({ key: RATE, rest: 'low' });
    expect(at(RATE)).toEqual({ key: RATE, rest: '' });
    expect(at('training.optimizer.choices.0')).toEqual({ key: 'training.optimizer', rest: 'choices.0' });
    expect(at('model.hidden.low')).toBeNull();
    expect(parameterOfProblem('training.epochs', [RATE])).toBeNull();
  });
});
