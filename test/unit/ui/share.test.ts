import { expect, it } from 'vitest';
import { checkConfig } from '../../../src/config/parse';
import { decodeShared, encodeShared } from '../../../src/ui/share';

it('a config in a link comes out as it went in', () => {
  const result = checkConfig({ name: 'Übung “eins” 数', model: { architecture: 'mlp', hidden: [3, 4] } });
  if (!result.ok) throw new Error('The config of this test is wrong.');
  const text = encodeShared(result.config);
  expect(text).toMatch(/^[\w-]+$/);
  expect(checkConfig(decodeShared(text))).toEqual(result);
  expect(text.length).toBeLessThan(400);
});

it('a link carries the search too', () => {
  const result = checkConfig({
    optimization: {
      hyperparameter_search: {
        enabled: true,
        n_trials: 30,
        sampler: { name: 'tpe', multivariate: false },
        pruner: 'hyperband',
        constraints: ['training.optimizer.learning_rate * 512 <= training.batch_size'],
        search_space: {
          'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 0.1, log: true },
          'training.batch_size': { type: 'int', low: 16, high: 64, step: 16 },
          'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw'] },
          'training.optimizer.momentum': {
            type: 'float',
            low: 0,
            high: 0.9,
            when: { 'training.optimizer.name': 'sgd' },
          },
        },
      },
    },
  });
  if (!result.ok) throw new Error('The config of this test is wrong.');
  expect(checkConfig(decodeShared(encodeShared(result.config)))).toEqual(result);
});

it('a damaged link is refused with what to do', () => {
  const text = encodeShared({ training: { epochs: 3 } });
  for (const damaged of [text.slice(0, 10), 'not base64!', '']) {
    expect(() => decodeShared(damaged)).toThrow(/link is damaged/);
  }
});
