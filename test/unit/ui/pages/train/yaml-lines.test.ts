import { expect, it } from 'vitest';
import { lineOfKey } from '../../../../../src/ui/pages/train/yaml-lines';

const source = `training:
  epochs: 3
optimization:
  hyperparameter_search:
    search_space:
      training.optimizer.learning_rate:
        type: float
        low: many
      training.optimizer: {type: bool}
    objectives:
      - metric: val_loss
      - metric: 3
empty:
`;

it('a problem stands at the line of its key, keys with dots in them included', () => {
  const space = 'optimization.hyperparameter_search.search_space';
  expect(lineOfKey(source, 'training.epochs')).toBe(2);
  expect(lineOfKey(source, `${space}.training.optimizer.learning_rate.low`)).toBe(8);
  expect(lineOfKey(source, `${space}.training.optimizer.type`)).toBe(9);
  expect(lineOfKey(source, 'optimization.hyperparameter_search.objectives.1.metric')).toBe(12);
  expect(lineOfKey(source, 'empty')).toBe(13);
});

it('what the text leaves out is reported at the nearest section around it', () => {
  expect(lineOfKey(source, 'training.optimizer.learning_rate')).toBe(2);
  expect(lineOfKey(source, 'model.hidden')).toBeNull();
  expect(lineOfKey('', 'model')).toBeNull();
});
