/** Rows of studies and their trials: read, changed in one transaction, listed. */
import { LatheError } from '../base/errors';
import { commit } from './commit';
import type { Database } from './database';
import type { StudyRow, TrialRow } from './study';

const trialsOf = (studyId: string): IDBKeyRange => IDBKeyRange.bound([studyId], [studyId, []]);

/** The study `id`. @throws LatheError of kind `not_found`. */
export async function getStudy(database: Database, id: string): Promise<StudyRow> {
  const row = await database.get('studies', id);
  if (!row) {
    throw new LatheError(
      'not_found',
      `There is no study ${id} in this browser. The page Sweeps lists the ones there are.`,
    );
  }
  return row;
}

/** All studies, deleted ones included, newest first. */
export async function allStudies(database: Database): Promise<StudyRow[]> {
  return (await database.getAll('studies')).sort((a, b) => b.created - a.created);
}

/** Stores a study and, where given, trials of it, in one transaction. */
export async function putStudy(database: Database, row: StudyRow, trials: readonly TrialRow[] = []): Promise<void> {
  const transaction = database.transaction(['studies', 'trials'], 'readwrite');
  const rows = transaction.objectStore('trials');
  await commit(
    [transaction.objectStore('studies').put(row), ...trials.map((trial) => rows.put(trial))],
    transaction.done,
  );
}

/**
 * Changes some fields of a study in one transaction, so that two writers (the search's progress, the user's notes) do not
 * undo each other, and stores trials of it in the same. Returns the row as stored.
 */
export async function updateStudy(
  database: Database,
  id: string,
  change: Partial<Omit<StudyRow, 'id'>>,
  trials: readonly TrialRow[] = [],
): Promise<StudyRow> {
  const transaction = database.transaction(['studies', 'trials'], 'readwrite');
  const studies = transaction.objectStore('studies');
  const row = await studies.get(id);
  if (!row) {
    await transaction.done;
    throw new LatheError('not_found', `There is no study ${id} in this browser: it was deleted meanwhile.`);
  }
  const next: StudyRow = { ...row, ...change, updated: Date.now() };
  const rows = transaction.objectStore('trials');
  await commit([studies.put(next), ...trials.map((trial) => rows.put(trial))], transaction.done);
  return next;
}

/** Trials of a study, by number. */
export async function readTrials(database: Database, studyId: string): Promise<TrialRow[]> {
  return database.getAll('trials', trialsOf(studyId));
}

/** Removes a study and its trials; the trials' runs are rows of their own. */
export async function deleteStudy(database: Database, id: string): Promise<void> {
  const transaction = database.transaction(['studies', 'trials'], 'readwrite');
  await commit(
    [transaction.objectStore('studies').delete(id), transaction.objectStore('trials').delete(trialsOf(id))],
    transaction.done,
  );
}
