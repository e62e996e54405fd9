import { expect, it, vi } from 'vitest';
import { openDB } from 'idb';
import { DATABASE_VERSION, openDatabase } from '../../../src/store/database';
import { putRun, getRun, updateRun } from '../../../src/store/runs';
import { freshDatabase, runRow } from './helpers';

it('keeps its rows over closing and opening', async () => {
  const name = `test-${crypto.randomUUID()}`;
  const first = await openDatabase({}, name);
  await putRun(first, runRow('r', { notes: 'kept' }));
  first.close();
  const second = await openDatabase({}, name);
  expect(await getRun(second, 'r')).toMatchObject({ notes: 'kept' });
  second.close();
  indexedDB.deleteDatabase(name);
});

it('gives way to a newer version in another tab, and says so', async () => {
  const name = `test-${crypto.randomUUID()}`;
  const outdated = vi.fn();
  await openDatabase({ outdated }, name);
  const newer = await openDB(name, DATABASE_VERSION + 1);
  expect(outdated).toHaveBeenCalledOnce();
  await expect(openDatabase({}, name)).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('newer Lathe'),
  });
  newer.close();
  indexedDB.deleteDatabase(name);
});

it('lets two writers change one run without undoing each other', async () => {
  const database = await freshDatabase();
  await putRun(database, runRow('r'));
  await Promise.all([
    updateRun(database, 'r', { step: 7 }),
    updateRun(database, 'r', { tags: ['a'] }),
    updateRun(database, 'r', { notes: 'n' }),
  ]);
  expect(await getRun(database, 'r')).toMatchObject({ step: 7, tags: ['a'], notes: 'n' });
  await expect(updateRun(database, 'none', { step: 1 })).rejects.toMatchObject({ kind: 'not_found' });
});
