/** Folders of this machine that the user lets runs be written to. What they are is known to the browser alone. */
import { newId } from '../base/ids';
import { commit } from './commit';
import type { Database } from './database';

/** One of them. */
export interface FolderRow {
  id: string;
  /** What the folder itself is called: no path. */
  name: string;
  /** Whether it may still be written to, the handle says: a browser may want to ask again after a while. */
  handle: FileSystemDirectoryHandle;
}

/** The folder `id`; undefined: there is none in this browser. */
export async function getFolder(database: Database, id: string): Promise<FolderRow | undefined> {
  return database.get('folders', id);
}

/** Keeps a folder. One that is known already keeps its id, so that what is written to it goes on. */
export async function keepFolder(database: Database, handle: FileSystemDirectoryHandle): Promise<FolderRow> {
  let id = newId();
  for (const row of await database.getAll('folders')) {
    if (await row.handle.isSameEntry(handle)) id = row.id;
  }
  const row: FolderRow = { id, name: handle.name, handle };
  const transaction = database.transaction('folders', 'readwrite');
  await commit([transaction.store.put(row)], transaction.done);
  return row;
}
