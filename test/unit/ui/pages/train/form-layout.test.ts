import { expect, it } from 'vitest';
import { describeAll, describeConfig, flattenFields } from '../../../../../src/config/form';
import {
  counts,
  ESSENTIAL,
  fieldAt,
  matchesField,
  SEARCH,
  searchFields,
  sectionsOf,
} from '../../../../../src/ui/pages/train/form-layout';

const fields = describeConfig();
const sections = sectionsOf(fields);

it('every setting of the schema stands somewhere in the form', () => {
  const shown = new Set([
    ...ESSENTIAL,
    ...flattenFields(sections.flatMap((section) => section.fields)).map(({ path }) => path),
    ...flattenFields(fields.filter(({ path }) => path === 'model')).map(({ path }) => path),
  ]);
  // Some are sections themselves, and the dataset is chosen above the form.
  const placed = ['data', 'training', 'training.distributed', 'profiling', 'logging', 'registry', 'data.dataset'];
  const missing = flattenFields(fields)
    .map(({ path }) => path)
    .filter((path) => !shown.has(path) && !placed.includes(path));
  expect(missing).toEqual([]);
});

it('every setting of a search stands somewhere in its form', () => {
  const { essential, more } = searchFields(describeAll());
  const keys = [...essential, ...more].map(({ key }) => key);
  const edited = ['enabled', 'metric', 'direction', 'objectives', 'search_space'];
  expect([...keys, ...edited].sort()).toEqual(
    fieldAt(describeAll(), SEARCH)
      ?.fields.map(({ key }) => key)
      .sort(),
  );
  expect(essential.map(({ label }) => label)).toEqual(['Trials', 'Sampler', 'Pruner']);
});

it('the essential settings exist', () => {
  for (const path of ESSENTIAL) expect(fieldAt(fields, path)?.path).toBe(path);
});

it('a search finds settings by key, name and description, inside sections too', () => {
  const found = (query: string): string[] =>
    sections
      .flatMap((section) => section.fields.filter((field) => matchesField(field, query.split(' '))))
      .map(({ path }) => path);
  expect(found('clip')).toEqual(['training.gradient_clip']);
  expect(found('nesterov')).toEqual(['training.optimizer']);
  expect(found('seed')).toContain('reproducibility');
  expect(found('qqq')).toEqual([]);
});

it('settings of a group count where there is one, and the rank where it is used', () => {
  const distributed = fieldAt(describeConfig(), 'training.distributed');
  const counting = (values: Record<string, unknown>): string[] =>
    (distributed?.fields ?? [])
      .filter(({ path }) => counts(path, (key, usual) => values[key] ?? usual))
      .map(({ key }) => key);
  expect(counting({})).toEqual(['enabled']);
  const together = counting({ 'training.distributed.enabled': true });
  expect(together).toContain('world_size');
  expect(together).toContain('compression');
  expect(together).not.toContain('powersgd_rank');
  expect(counting({ 'training.distributed.enabled': true, 'training.distributed.compression': 'powersgd' })).toContain(
    'powersgd_rank',
  );
  expect(counts('training.epochs', (_, usual) => usual)).toBe(true);
});
