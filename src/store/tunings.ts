/** The fastest variants of kernels, as they were measured: one row an adapter. */
import { commit } from './commit';
import type { Database } from './database';

/** Winners that were measured on an adapter in this environment. */
export async function getTunings(
  database: Database,
  adapter: string,
  environment: string,
): Promise<Record<string, string>> {
  const row = await database.get('tunings', adapter);
  return row?.environment === environment ? row.winners : {};
}

/** Adds winners to those of an adapter; what was measured in another environment goes. */
export async function addTunings(
  database: Database,
  adapter: string,
  environment: string,
  winners: Record<string, string>,
): Promise<void> {
  const transaction = database.transaction('tunings', 'readwrite');
  const row = await transaction.store.get(adapter);
  const known = row?.environment === environment ? row.winners : {};
  await commit([transaction.store.put({ adapter, environment, winners: { ...known, ...winners } })], transaction.done);
}
