/** The end of a dataset's copy: its row is stored, once what is there is what it says. */
import { LatheError } from '../../base/errors';
import { newId } from '../../base/ids';
import { contentHashOf } from '../../data/content';
import { databaseBlobs } from '../../store/blobs';
import { commit } from '../../store/commit';
import type { Database } from '../../store/database';
import type { DatasetRow } from '../../store/schema';
import type { CopyStore } from './blob-copy';

/** Where blobs of a copy go: into the database. */
export function copyStore(database: Database): CopyStore {
  return {
    async has(hash) {
      return (await database.getKey('blobs', hash)) !== undefined;
    },
    async keep(row) {
      const transaction = database.transaction('blobs', 'readwrite');
      await commit([transaction.store.put(row)], transaction.done);
    },
  };
}

/**
 * Stores the row of a dataset whose blobs are all here, as one of this browser's own, and returns it.
 * @throws LatheError of kind `data` where its content is not what its hash says
 */
export async function storeCopy(database: Database, row: DatasetRow): Promise<DatasetRow> {
  const found = await contentHashOf(row, databaseBlobs(database));
  if (found !== row.content_hash) {
    throw new LatheError(
      'data',
      `The copy of the dataset ${row.name} is not what the others train on: its content is another than its hash says. Join again.`,
    );
  }
  return storeDataset(database, row);
}

/** Stores a row as a new dataset under a name that no other has. */
export async function storeDataset(database: Database, row: DatasetRow): Promise<DatasetRow> {
  const transaction = database.transaction('datasets', 'readwrite');
  const taken = new Set(
    (await transaction.store.getAll()).filter(({ deleted_at }) => deleted_at === null).map(({ name }) => name),
  );
  let name = row.name;
  for (let n = 2; taken.has(name); n++) name = `${row.name} ${n}`;
  const own: DatasetRow = { ...row, id: newId(), name, created: Date.now(), deleted_at: null };
  await commit([transaction.store.put(own)], transaction.done);
  return own;
}
