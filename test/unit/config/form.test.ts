import { describe, expect, it } from 'vitest';
import { describeAll, describeConfig, flattenFields } from '../../../src/config/form';
import { getPath } from '../../../src/config/path';
import { parseConfig } from '../../../src/config/parse';

const fields = flattenFields(describeConfig());
const find = (path: string) => fields.filter((field) => field.path === path);

describe('form fields', () => {
  it('cover every setting of a default config that this version can do', () => {
    const config = parseConfig({});
    for (const path of [
      'training.epochs',
      'training.batch_size',
      'data.split.validation',
      'reproducibility.seed',
      'model',
    ]) {
      expect(find(path), path).toHaveLength(1);
      expect(getPath(config, path)).toBeDefined();
    }
    expect(fields.some((field) => field.path.startsWith('data.augment'))).toBe(false);
  });

  it('carry kind, range, default and a description', () => {
    expect(find('training.batch_size')[0]).toMatchObject({ kind: 'integer', min: 1, default: 64, choices: ['auto'] });
    expect(find('training.class_weights')[0]).toMatchObject({ kind: 'map', choices: [] });
    expect(find('data.split.test')[0]).toMatchObject({ kind: 'number', min: 0, max: 0.9 });
    expect(find('training.max_steps')[0]).toMatchObject({ kind: 'integer', nullable: true, default: null });
    const plain = fields.filter((field) => !['group', 'variant'].includes(field.kind));
    expect(plain.filter((field) => field.description === '').map((field) => field.path)).toEqual([]);
  });

  it('turn tagged sections into variants', () => {
    const [model] = find('model');
    expect(model.kind).toBe('variant');
    expect(model.variants.map((variant) => variant.value)).toEqual([
      'linear',
      'mlp',
      'cnn',
      'convnext',
      'sequential',
      'transformer',
    ]);
    expect(model.variants[1].fields.map((field) => field.kind)).toEqual(['number_list', 'choice', 'number']);
    const [optimizer] = find('training.optimizer');
    expect(optimizer).toMatchObject({ discriminator: 'name', kind: 'variant' });
  });

  it('of a search are in the reference, not in the form of a run', () => {
    const all = flattenFields(describeAll());
    const path = 'optimization.hyperparameter_search';
    expect(fields.some((field) => field.path.startsWith('optimization'))).toBe(false);
    expect(find('data.split.fold')).toEqual([]);
    expect(all.find((field) => field.path === 'data.split.fold')).toMatchObject({ kind: 'group', nullable: true });
    expect(all.find((field) => field.path === `${path}.search_space`)).toMatchObject({
      kind: 'map',
      discriminator: 'type',
      variants: [{ value: 'float' }, { value: 'int' }, { value: 'categorical' }, { value: 'bool' }],
    });
    expect(all.find((field) => field.path === `${path}.constraints`)).toMatchObject({ kind: 'text_list' });
    expect(all.find((field) => field.path === `${path}.objectives`)).toMatchObject({
      kind: 'sections',
      nullable: true,
    });
    expect(find('model.hidden')[0]).toMatchObject({ kind: 'number_list', min: 1, max: 65536 });
    expect(all.some((field) => field.path.startsWith('data.augment'))).toBe(false);
  });
});
