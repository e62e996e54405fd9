/**
 * What is deleted stays for a while, so that the deletion can be undone. This module ends that: it purges rows deleted
 * longer ago than the grace period, then removes blobs that no row names any more.
 */
import type { Database } from './database';
import { blobsOfCheckpoint, deleteCheckpoints, listCheckpoints } from './checkpoints';
import { blobsOfDataset } from './dataset-blobs';
import { deleteDeliveries } from './deliveries';
import { deleteLog } from './logs';
import { dropMediaAfter } from './media';
import { deleteMetrics } from './metrics';
import { deleteProfile } from './profiles';
import { purgeRegistered } from './registered-models';
import { ownRuns, runsOfStudy } from './runs';
import type { BlobHash } from './schema';
import { deleteStudy } from './studies';

/** How long a deleted row can be brought back. */
export const GRACE_MS = 24 * 60 * 60 * 1000;

/** What runs name as their study that are trials of another browser's: it begins with this. */
export const HELPED_STUDY = 'helped:';

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
  const helped = IDBKeyRange.bound(HELPED_STUDY, `${HELPED_STUDY}\uffff`);
  // Left behind where a browser was closed before it had handed them over.
  for (const run of await database.getAllFromIndex('runs', 'study_id', helped)) {
    if (run.updated > now - grace) continue;
    await purgeRun(database, run.id);
    rows++;
  }
  for (const study of (await database.getAll('studies')).filter(expired)) {
    for (const run of await runsOfStudy(database, study.id)) await purgeRun(database, run.id);
    await deleteStudy(database, study.id);
    await deleteDeliveries(database, { noun: 'study', id: study.id });
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
  rows += await purgeRegistered(database, expired);
  return { rows, ...(await sweepBlobs(database)) };
}

/** Removes a run with all that it wrote. */
export async function purgeRun(database: Database, id: string): Promise<void> {
  await deleteCheckpoints(
    database,
    (await listCheckpoints(database, id)).map((checkpoint) => checkpoint.id),
  );
  await deleteMetrics(database, id);
  await deleteLog(database, id);
  await deleteProfile(database, id);
  await dropMediaAfter(database, id, -1);
  await deleteDeliveries(database, { noun: 'run', id });
  await database.delete('runs', id);
}

/**
 * Removes blobs that no row names. Mark and sweep run in one transaction, so that no writer can name a blob in between;
 * an importer stores blobs before its row, so blobs are only swept while nothing imports (`app/workbench.ts` sees to it).
 */
async function sweepBlobs(database: Database): Promise<{ blobs: number; bytes: number }> {
  const transaction = database.transaction(
    ['datasets', 'models', 'model_versions', 'checkpoints', 'blobs'],
    'readwrite',
  );
  const named = new Set<BlobHash>();
  for (const dataset of await transaction.objectStore('datasets').getAll()) {
    for (const hash of blobsOfDataset(dataset)) named.add(hash);
  }
  for (const model of await transaction.objectStore('models').getAll()) {
    named.add(model.weights.hash).add(model.bundle);
  }
  for (const version of await transaction.objectStore('model_versions').getAll()) {
    named.add(version.weights.hash);
    if (version.bundle !== null) named.add(version.bundle);
  }
  for (const checkpoint of await transaction.objectStore('checkpoints').getAll()) {
    for (const hash of blobsOfCheckpoint(checkpoint)) named.add(hash);
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
