import { expect, it } from 'vitest';
import { parameterSpec } from '../../../../../../src/config/search/space';
import { defaultSpec } from '../../../../../../src/ui/pages/train/search/default-range';
import { searchableAt, searchables } from '../../../../../../src/ui/pages/train/search/searchable';
import * as v from 'valibot';

const value = (_: string, fallback: unknown): unknown => fallback;

function rangeOf(key: string, base?: unknown): unknown {
  const setting = searchableAt(key, value);
  if (!setting) throw new Error(`${key} cannot be searched.`);
  return defaultSpec(setting, base ?? setting.default);
}

it('follows practice where there is one', () => {
  expect(rangeOf('training.optimizer.learning_rate')).toMatchObject({ type: 'float', low: 1e-5, high: 0.1, log: true });
  expect(rangeOf('training.optimizer.weight_decay')).toMatchObject({ type: 'float', low: 1e-6, high: 0.1, log: true });
  expect(rangeOf('model.dropout')).toMatchObject({ type: 'float', low: 0, high: 0.5, step: 0.05, log: false });
});

it('whole numbers are searched from a quarter to four times of what they are now', () => {
  expect(rangeOf('training.batch_size')).toMatchObject({ type: 'int', low: 16, high: 256, log: true });
  expect(rangeOf('training.batch_size', 1024)).toMatchObject({ low: 256, high: 4096 });
  expect(rangeOf('model.hidden.1')).toMatchObject({ type: 'int', low: 32, high: 512, log: true });
  expect(rangeOf('training.batch_size', 'auto')).toMatchObject({ low: 16, high: 256 });
  // Bounds of the config hold.
  expect(rangeOf('model.kernel_size', 14)).toMatchObject({ low: 4, high: 15 });
  expect(rangeOf('training.early_stopping.patience', 2)).toMatchObject({ low: 1, high: 8 });
});

it('words and lists are searched by choices', () => {
  expect(rangeOf('training.optimizer.name')).toMatchObject({ choices: ['sgd', 'adam', 'adamw', 'lion'] });
  expect(rangeOf('model.hidden', [64, 32])).toMatchObject({
    choices: [
      [32, 16],
      [64, 32],
      [128, 64],
    ],
  });
  expect(rangeOf('training.optimizer.nesterov')).toEqual({ type: 'bool', when: null });
});

it('every setting starts with a range that the config takes and that holds more than one value', () => {
  for (const setting of searchables()) {
    const spec = v.parse(parameterSpec, defaultSpec(setting, setting.default));
    if (spec.type === 'bool') continue;
    if (spec.type === 'categorical') {
      // Lists that are null by default have no sizes to go by.
      if (setting.default !== null) expect(spec.choices.length, setting.key).toBeGreaterThan(1);
      continue;
    }
    expect(spec.low, setting.key).toBeLessThan(spec.high);
    if (spec.log) expect(spec.low, setting.key).toBeGreaterThan(0);
    expect(spec.low, setting.key).toBeGreaterThanOrEqual(setting.min ?? -Infinity);
    expect(spec.high, setting.key).toBeLessThanOrEqual(setting.max ?? Infinity);
  }
});
