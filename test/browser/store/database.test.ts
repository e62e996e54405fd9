import { expect, it, vi } from 'vitest';
import { openDB } from 'idb';
import { DATABASE_VERSION, openDatabase } from '../../../src/store/database';
import { collectGarbage } from '../../../src/store/collect';
import type { ProfileReport } from '../../../src/store/profile';
import { getProfile, putProfile } from '../../../src/store/profiles';
import { getRun, ownRuns, putRun, runsOfStudy, updateRun } from '../../../src/store/runs';
import { runRow } from '../../helpers/run-row';
import { freshDatabase } from './helpers';

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

it('brings a database from before profiles up to date, with all it holds', async () => {
  const name = `test-${crypto.randomUUID()}`;
  const old = await openDB(name, 1, {
    upgrade(database) {
      database.createObjectStore('runs', { keyPath: 'id' });
      database.createObjectStore('checkpoints', { keyPath: 'id' });
    },
  });
  await old.put('runs', runRow('r', { notes: 'kept' }));
  old.close();
  const database = await openDatabase({}, name);
  expect(await getRun(database, 'r')).toMatchObject({ notes: 'kept' });
  expect(await getProfile(database, 'r')).toBeNull();
  database.close();
  indexedDB.deleteDatabase(name);
});

it('counts runs from before there were studies among those that are no trials', async () => {
  const name = `test-${crypto.randomUUID()}`;
  const old = await openDB(name, 3, {
    upgrade(database) {
      database.createObjectStore('runs', { keyPath: 'id' });
      database.createObjectStore('checkpoints', { keyPath: 'id' });
    },
  });
  const { study_id, trial, group, ...row } = runRow('r', { notes: 'kept' });
  expect([study_id, trial, group]).toEqual(['', null, null]);
  await old.put('runs', row);
  old.close();
  const database = await openDatabase({}, name);
  await putRun(database, runRow('t', { study_id: 's', trial: 0 }));
  expect(await ownRuns(database)).toEqual([{ ...row, study_id: '', trial: null, group: null }]);
  expect((await runsOfStudy(database, 's')).map(({ id }) => id)).toEqual(['t']);
  database.close();
  indexedDB.deleteDatabase(name);
});

it('counts runs from before browsers trained together among those of one browser', async () => {
  const name = `test-${crypto.randomUUID()}`;
  const old = await openDB(name, 4, {
    upgrade(database) {
      database.createObjectStore('runs', { keyPath: 'id' }).createIndex('study_id', 'study_id');
      database.createObjectStore('checkpoints', { keyPath: 'id' });
    },
  });
  const { group, ...row } = runRow('r', { notes: 'kept', study_id: 's', trial: 3 });
  expect(group).toBeNull();
  await old.put('runs', row);
  old.close();
  const database = await openDatabase({}, name);
  expect(await getRun(database, 'r')).toEqual({ ...row, group: null });
  database.close();
  indexedDB.deleteDatabase(name);
});

it('leaves a database as it is that cannot be brought up to date', async () => {
  const name = `test-${crypto.randomUUID()}`;
  // What comes next is an index of checkpoints, which are not there.
  const version = 5;
  const old = await openDB(name, version, {
    upgrade(database) {
      database.createObjectStore('runs', { keyPath: 'id' });
    },
  });
  await old.put('runs', runRow('r', { notes: 'kept' }));
  old.close();
  await expect(openDatabase({}, name)).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('object store was not found'),
  });
  const again = await openDB(name, version);
  expect(await again.get('runs', 'r')).toMatchObject({ notes: 'kept' });
  again.close();
  indexedDB.deleteDatabase(name);
});

it('keeps a profile beside its run, and for as long', async () => {
  const database = await freshDatabase();
  await putRun(database, runRow('r', { deleted_at: 1 }));
  await putRun(database, runRow('s'));
  const report: ProfileReport = {
    version: 1,
    adapter: 'a',
    method: 'none',
    method_note: '',
    first_step: 3,
    steps: 0,
    step: { wall_ms: 1, input_ms: 0, queue_ms: 0, device_ms: null, dispatches: 0, flops: 0, bytes: 0 },
    shares: { input: 0, dispatch: 0, memory: 0, arithmetic: 1 },
    bottleneck: 'arithmetic',
    sentence: '',
    ceilings: null,
    operations: [],
    kernels: [],
    layers: [],
    timeline: [],
  };
  for (const run_id of ['r', 's']) {
    await putProfile(database, { run_id, created: 1, report, trace: new Blob([`trace of ${run_id}`]) });
  }
  expect(await (await getProfile(database, 's'))?.trace.text()).toBe('trace of s');
  await collectGarbage(database);
  expect(await getProfile(database, 'r')).toBeNull();
  expect((await getProfile(database, 's'))?.report).toEqual(report);
});
