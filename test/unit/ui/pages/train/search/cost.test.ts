import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../../../src/config/parse';
import type { SearchSpaceInput } from '../../../../../../src/config/search/space';
import type { RunConfigInput } from '../../../../../../src/config/schema';
import {
  combinations,
  combinationsInWords,
  costInWords,
  costOf,
} from '../../../../../../src/ui/pages/train/search/cost';

const config = (search_space: SearchSpaceInput, search: object = {}, rest: RunConfigInput = {}) =>
  parseConfig({ ...rest, optimization: { hyperparameter_search: { ...search, search_space } } });
const count = (space: SearchSpaceInput): number =>
  combinations(config(space).optimization.hyperparameter_search.search_space);

const NAME = 'training.optimizer.name';
const optimizer = { type: 'categorical' as const, choices: ['sgd', 'adamw', 'lion'] };

describe('combinations', () => {
  it('multiply', () => {
    expect(count({})).toBe(1);
    expect(
      count({
        [NAME]: optimizer,
        'model.dropout': { type: 'float', low: 0, high: 0.5, step: 0.1 },
        'training.epochs': { type: 'int', low: 3, high: 10, step: 2 },
        'training.optimizer.nesterov': { type: 'bool' },
      }),
    ).toBe(3 * 6 * 4 * 2);
    expect(count({ [NAME]: optimizer, 'model.dropout': { type: 'float', low: 0, high: 0.5 } })).toBe(Infinity);
  });

  it('count what is conditional only where it is searched', () => {
    const momentum = { type: 'float' as const, low: 0, high: 0.9, step: 0.1, when: { [NAME]: 'sgd' } };
    // Ten of sgd, one each of the others.
    expect(count({ [NAME]: optimizer, 'training.optimizer.momentum': momentum })).toBe(12);
    // A condition on what is itself conditional.
    expect(
      count({
        'training.optimizer.momentum': {
          type: 'categorical',
          choices: [0, 0.9],
          when: { 'training.optimizer.nesterov': true },
        },
        'training.optimizer.nesterov': { type: 'bool', when: { [NAME]: ['sgd', 'lion'] } },
        [NAME]: optimizer,
      }),
    ).toBe(2 * (1 + 2) + 1);
  });

  it('are said in words', () => {
    expect(combinationsInWords(1)).toBe('1 different combination');
    expect(combinationsInWords(1200)).toBe('1,200 different combinations');
    expect(combinationsInWords(2e9)).toContain('more than');
    expect(combinationsInWords(Infinity)).toBe('no end of combinations');
  });
});

describe('the cost of a search', () => {
  it('is trials times epochs, on every fold', () => {
    const plain = costOf(config({ [NAME]: optimizer }, { n_trials: 30 }));
    expect(costInWords(plain)).toBe('30 trials × 10 epochs = up to 300 epochs');
    const folded = costOf(config({ [NAME]: optimizer }, { n_trials: 30, folds: 5 }, { training: { epochs: 2 } }));
    expect(costInWords(folded)).toBe('30 trials × 5 folds × 2 epochs = up to 300 epochs');
  });

  it('a grid ends when it has been through; epochs that are searched count by their largest number', () => {
    expect(costOf(config({ [NAME]: optimizer }, { sampler: 'grid', n_trials: 30 }))).toMatchObject({ trials: 3 });
    expect(costOf(config({ 'training.epochs': { type: 'int', low: 2, high: 50 } }, { n_trials: 4 })).total).toBe(200);
    expect(costOf(config({ 'training.epochs': { type: 'categorical', choices: [2, 7] } }, { n_trials: 4 })).total).toBe(
      28,
    );
  });
});
