/** The log of a run: what happened to it, in sentences. */
import type { Database } from './database';
import type { LogRow } from './schema';

/** Adds a line to a run's log. */
export async function appendLog(
  database: Database,
  runId: string,
  level: LogRow['level'],
  message: string,
  at = Date.now(),
): Promise<void> {
  await database.add('logs', { run_id: runId, at, level, message });
}

/** A run's log, oldest line first. */
export async function readLog(database: Database, runId: string): Promise<LogRow[]> {
  return database.getAllFromIndex('logs', 'run_id', runId);
}

/** Removes a run's log. */
export async function deleteLog(database: Database, runId: string): Promise<void> {
  const transaction = database.transaction('logs', 'readwrite');
  const keys = await transaction.store.index('run_id').getAllKeys(runId);
  await Promise.all([...keys.map((key) => transaction.store.delete(key)), transaction.done]);
}
