import { describe, expect, it } from 'vitest';
import { describeConfig, flattenFields } from '../../../../../../src/config/form';
import { getPath } from '../../../../../../src/config/path';
import { parseConfig } from '../../../../../../src/config/parse';
import type { RunConfigInput } from '../../../../../../src/config/schema';
import type { ParameterValue } from '../../../../../../src/config/search/space';
import { available, isSearchable, searchableAt } from '../../../../../../src/ui/pages/train/search/searchable';

const reader =
  (input: RunConfigInput) =>
  (path: string, fallback: unknown): unknown =>
    getPath(parseConfig(input), path) ?? fallback;

const keys = (input: RunConfigInput, choices: Record<string, ParameterValue[]> = {}): string[] =>
  available(reader(input), (key) => choices[key]).map(({ key }) => key);

describe('settings that can be searched', () => {
  it('are those that trials have: of the chosen architecture and optimizer', () => {
    const found = keys({ model: { architecture: 'cnn' } });
    expect(found).toEqual(expect.arrayContaining(['model.filters', 'training.optimizer.beta1', 'training.l2']));
    expect(found).not.toContain('model.hidden');
    expect(found).not.toContain('training.optimizer.momentum');
    expect(new Set(found).size).toBe(found.length);
  });

  it('are of the others too, where a search chooses among them', () => {
    const chooser = 'training.optimizer.name';
    const found = available(reader({}), (key) => (key === chooser ? ['sgd', 'lion'] : undefined));
    const momentum = found.find(({ key }) => key === 'training.optimizer.momentum');
    const decay = found.find(({ key }) => key === 'training.optimizer.weight_decay');
    expect(momentum?.requires).toEqual([{ key: chooser, variants: ['sgd'] }]);
    expect(decay?.requires).toEqual([{ key: chooser, variants: ['sgd', 'lion'] }]);
  });

  it('are none that trials are named, measured or compared by', () => {
    const found = keys({});
    for (const key of ['name', 'data.split.validation', 'reproducibility.seed', 'training.checkpoints.keep_top_k'])
      expect(found).not.toContain(key);
    expect(found.filter((key) => key.startsWith('optimization') || key.startsWith('profiling'))).toEqual([]);
    const monitor = flattenFields(describeConfig()).find(({ path }) => path === 'training.early_stopping.monitor');
    expect(monitor && isSearchable(monitor)).toBe(false);
  });

  it('say in words what they are', () => {
    const label = (key: string): string | undefined => searchableAt(key, reader({}))?.label;
    expect(label('training.optimizer.learning_rate')).toBe('Learning rate');
    expect(label('training.optimizer.name')).toBe('Optimizer');
    expect(label('model.architecture')).toBe('Architecture');
    expect(label('training.early_stopping.patience')).toBe('Early stopping: patience');
    expect(label('model.hidden.1')).toBe('Hidden 2');
    expect(label('model.nothing')).toBeUndefined();
  });

  it('have the default of the variant that the config names', () => {
    const rate = (name: 'sgd' | 'lion'): unknown =>
      searchableAt('training.optimizer.learning_rate', reader({ training: { optimizer: { name } } }))?.default;
    expect([rate('sgd'), rate('lion')]).toEqual([0.01, 1e-4]);
    // Without a config to read, that of the usual one.
    expect(searchableAt('training.optimizer.learning_rate', (_, usual) => usual)?.default).toBe(1e-3);
  });
});
