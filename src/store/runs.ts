/** Rows of runs: read, changed in one transaction, listed. */
import { LatheError } from '../base/errors';
import { commit } from './commit';
import type { Database } from './database';
import type { RunRow } from './schema';

/** The run `id`. @throws LatheError of kind `not_found`. */
export async function getRun(database: Database, id: string): Promise<RunRow> {
  const row = await database.get('runs', id);
  if (!row)
    throw new LatheError(
      'not_found',
      `There is no run ${id} in this browser. The table of runs lists the ones there are.`,
    );
  return row;
}

/** Runs that are no trials of a study, deleted ones included, newest first. */
export async function ownRuns(database: Database): Promise<RunRow[]> {
  return (await database.getAllFromIndex('runs', 'study_id', '')).sort((a, b) => b.created - a.created);
}

/** Runs of the trials of a study. */
export async function runsOfStudy(database: Database, studyId: string): Promise<RunRow[]> {
  return database.getAllFromIndex('runs', 'study_id', studyId);
}

/** Stores a new run. */
export async function putRun(database: Database, row: RunRow): Promise<void> {
  const transaction = database.transaction('runs', 'readwrite');
  await commit([transaction.store.put(row)], transaction.done);
}

/**
 * Changes some fields of a run in one transaction, so that two writers (the trainer's progress, the user's tags) do not
 * undo each other. Returns the row as stored.
 */
export async function updateRun(database: Database, id: string, change: Partial<Omit<RunRow, 'id'>>): Promise<RunRow> {
  const transaction = database.transaction('runs', 'readwrite');
  const row = await transaction.store.get(id);
  if (!row) {
    await transaction.done;
    throw new LatheError('not_found', `There is no run ${id} in this browser: it was deleted meanwhile.`);
  }
  const next: RunRow = { ...row, ...change, updated: Date.now() };
  await commit([transaction.store.put(next)], transaction.done);
  return next;
}
