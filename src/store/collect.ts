/**
 * What is deleted stays for a while, so that the deletion can be undone. This module ends that: it purges rows deleted
 * longer ago than the grace period, then removes blobs that no row names any more.
 */
import type { Database } from './database';
import { deleteCheckpoints, listCheckpoints } from './checkpoints';
import { deleteLog } from './logs';
import { deleteMetrics } from './metrics';
import { deleteProfile } from './profiles';
import { ownRuns, runsOfStudy } from './runs';
import type { BlobHash } from './schema';
import { deleteStudy } from './studies';

/** How long a deleted row can be brought back. */
export const GRACE_MS = 24 * 60 * 60 * 1000;

/** What a collection removed. */
export interface Collected {
  rows: number;
  blobs: number;
  bytes: number;
}

/** Purges rows deleted before `now - grace`, then every blob without a row that names it. */
export async function collectGarbage(database: Database, grace = GRACE_MS, now = Date.now()): Promise<Collected> {
  const expired = (row: { deleted_at: number | null }): boolean =>
    row.deleted_at !== null && row.deleted_at <= now - grace;
  let rows = 0;
  for (const run of (await ownRuns(database)).filter(expired)) {
    await purgeRun(database, run.id);
    rows++;
  }
  for (const study of (await database.getAll('studies')).filter(expired)) {
    for (const run of await runsOfStudy(database, study.id)) await purgeRun(database, run.id);
    await deleteStudy(database, study.id);
    rows++;
  }
  for (const dataset of (await database.getAll('datasets')).filter(expired)) {
    await database.delete('datasets', dataset.id);
    rows++;
  }
  for (const model of (await database.getAll('models')).filter(expired)) {
    await database.delete('models', model.id);
    rows++;
  }
  return { rows, ...(await sweepBlobs(database)) };
}

async function purgeRun(database: Database, id: string): Promise<void> {
  await deleteCheckpoints(
    database,
    (await listCheckpoints(database, id)).map((checkpoint) => checkpoint.id),
  );
  await deleteMetrics(database, id);
  await deleteLog(database, id);
  await deleteProfile(database, id);
  await database.delete('runs', id);
}

/**
 * Removes blobs that no row names. Mark and sweep run in one transaction, so that no writer can name a blob in between;
 * an importer stores blobs before its row, so blobs are only swept while nothing imports (`app/workbench.ts` sees to it).
 */
async function sweepBlobs(database: Database): Promise<{ blobs: number; bytes: number }> {
  const transaction = database.transaction(['datasets', 'models', 'checkpoints', 'blobs'], 'readwrite');
  const named = new Set<BlobHash>();
  for (const dataset of await transaction.objectStore('datasets').getAll()) {
    if (dataset.kind === 'table') {
      for (const chunk of dataset.chunks) for (const column of chunk.columns) named.add(column.hash);
    } else if (dataset.kind === 'images') {
      for (const chunk of dataset.chunks) named.add(chunk.pixels).add(chunk.index);
    } else {
      for (const chunk of dataset.chunks) named.add(chunk.text);
    }
  }
  for (const model of await transaction.objectStore('models').getAll()) {
    named.add(model.weights.hash).add(model.bundle);
  }
  for (const checkpoint of await transaction.objectStore('checkpoints').getAll()) {
    named.add(checkpoint.weights.hash).add(checkpoint.optimizer.hash);
  }
  const store = transaction.objectStore('blobs');
  let blobs = 0;
  let bytes = 0;
  for (const key of await store.getAllKeys()) {
    if (named.has(key)) continue;
    bytes += (await store.get(key))?.bytes ?? 0;
    await store.delete(key);
    blobs++;
  }
  await transaction.done;
  return { blobs, bytes };
}
