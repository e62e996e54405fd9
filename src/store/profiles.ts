/** Profiles of runs: at most one a run, beside its row. */
import { commit } from './commit';
import type { Database } from './database';
import type { ProfileRow } from './profile';

/** Stores the profile of a run, in place of an earlier one. */
export async function putProfile(database: Database, row: ProfileRow): Promise<void> {
  const transaction = database.transaction('profiles', 'readwrite');
  await commit([transaction.store.put(row)], transaction.done);
}

/** The profile of a run; null where none was made. */
export async function getProfile(database: Database, runId: string): Promise<ProfileRow | null> {
  return (await database.get('profiles', runId)) ?? null;
}

/** Removes a run's profile. */
export async function deleteProfile(database: Database, runId: string): Promise<void> {
  await database.delete('profiles', runId);
}
