import { expect, it } from 'vitest';
import { withoutDefaults } from '../../../src/config/minimal';
import { checkConfig } from '../../../src/config/parse';

const whole = (document: unknown): unknown => {
  const result = checkConfig(document);
  if (!result.ok) throw new Error(result.problems[0].message);
  return result.config;
};

it.each([
  {},
  { training: { epochs: 3, gradient_clip: null, early_stopping: { patience: 4 } } },
  { model: { architecture: 'cnn', filters: [4] }, training: { optimizer: { name: 'sgd', momentum: 0.9 } } },
  { data: { columns: { id: 'ignore' } }, training: { class_weights: { yes: 2 } } },
])('what is left of %j says the same', (document) => {
  expect(whole(withoutDefaults(whole(document)))).toEqual(whole(document));
});

it('nothing is left of the defaults but the version', () => {
  expect(withoutDefaults(whole({}))).toEqual({ version: 1 });
});

it('what is wrong stays', () => {
  expect(withoutDefaults({ training: { epochs: 'many', batch_size: 64 } })).toEqual({
    version: 1,
    training: { epochs: 'many' },
  });
  expect(withoutDefaults('text')).toBe('text');
});
