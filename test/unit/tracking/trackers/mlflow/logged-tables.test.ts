import { expect, it } from 'vitest';
import { withTables } from '../../../../../src/tracking/trackers/mlflow/logged-tables';
import { MAX_TAG } from '../../../../../src/tracking/trackers/mlflow/names';

const table = (path: string) => ({ path, type: 'table' });
const listed = (value: string | undefined, paths: string[]): unknown => JSON.parse(withTables(value, paths));

it('names each table once, behind what is there', () => {
  const image = { path: 'a.png', type: 'image' };
  const once = withTables(JSON.stringify([image]), ['a.json', 'b.json']);
  expect(JSON.parse(once)).toEqual([image, table('a.json'), table('b.json')]);
  expect(withTables(once, ['b.json', 'a.json'])).toBe(once);
});

it('begins where there is nothing, or nothing that can be read', () => {
  for (const value of [undefined, 'cut…', '{}']) expect(listed(value, ['a.json'])).toEqual([table('a.json')]);
});

it('keeps the newest where a tag cannot hold all', () => {
  let value: string | undefined;
  for (let step = 0; step < 300; step++) value = withTables(value, [`media/errors/${step}.json`]);
  expect(value?.length).toBeLessThanOrEqual(MAX_TAG);
  expect(value).toContain('/299.json');
  expect(value).not.toContain('/0.json');
});
