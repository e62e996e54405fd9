/**
 * Checkpoints. Blobs, row and the run's pointer to it are written in one transaction: a checkpoint either exists as it was
 * written or not at all. One that several browsers keep in parts is whole here only while all of its parts are; what is
 * loaded is whole, and checked against its hashes first.
 */
import { LatheError } from '../base/errors';
import { sha256 } from '../base/hash';
import { databaseBlobs, readVerified } from './blobs';
import { commit } from './commit';
import type { Database } from './database';
import { missingPartsSentence } from './parts';
import type { BlobHash, BlobRow, CheckpointRow } from './schema';

/** A checkpoint as read back and verified. */
export interface LoadedCheckpoint {
  row: CheckpointRow;
  /** All tensors of the model in a row, placed by `row.weights.tensors`. */
  weights: Float32Array;
  /** All tensors of the optimizer in a row, placed by `row.optimizer.tensors`. */
  optimizer: Float32Array;
  /** The training state, parsed but not yet validated (`training/state.ts` does). */
  state: unknown;
}

/**
 * Writes a checkpoint whole, and names it the run's latest (and best, if `best`). `earlier`: it is of a step before the
 * one where the run stands, and is named the latest only where there is none.
 * @throws LatheError of kind `storage`, also when the disk is full; nothing is written then.
 */
export async function writeCheckpoint(
  database: Database,
  row: CheckpointRow,
  blobs: BlobRow[],
  options: { best?: boolean; earlier?: boolean } = {},
): Promise<void> {
  const transaction = database.transaction(['blobs', 'checkpoints', 'runs'], 'readwrite', { durability: 'strict' });
  const run = await transaction.objectStore('runs').get(row.run_id);
  if (!run) {
    await transaction.done;
    throw new LatheError('not_found', `The run ${row.run_id} was deleted while it trained.`);
  }
  const named = {
    ...run,
    updated: Date.now(),
    latest_checkpoint: (options.earlier && run.latest_checkpoint) || row.id,
    best_checkpoint: options.best ? row.id : run.best_checkpoint,
  };
  await commit(
    [
      ...blobs.map((blob) => transaction.objectStore('blobs').put(blob)),
      transaction.objectStore('checkpoints').put(row),
      transaction.objectStore('runs').put(named),
    ],
    transaction.done,
  );
}

/** A name that all who train a run together find for its checkpoint of a step: each for the run as it is called there. */
export const sharedCheckpointId = (runId: string, step: number): string => `${runId}-${step}`;

/** Checkpoints of a run, the newest (highest step, then latest written) first. */
export async function listCheckpoints(database: Database, runId: string): Promise<CheckpointRow[]> {
  const rows = await database.getAllFromIndex('checkpoints', 'run_step', IDBKeyRange.bound([runId], [runId, []]));
  return rows.sort((a, b) => b.step - a.step || b.created - a.created);
}

/**
 * Reads a checkpoint and verifies it.
 * @throws LatheError of kind `storage` when a part is missing or damaged, `not_found` when there is no such checkpoint.
 */
export async function loadCheckpoint(database: Database, id: string): Promise<LoadedCheckpoint> {
  const row = await database.get('checkpoints', id);
  if (!row) throw new LatheError('not_found', `There is no checkpoint ${id} in this browser.`);
  const blobs = databaseBlobs(database);
  if ((await sha256(row.state)) !== row.state_sha256) {
    throw new LatheError(
      'storage',
      `The checkpoint at step ${row.step} is damaged: its training state does not match its SHA-256.`,
    );
  }
  const missing = await missingParts(database, row);
  if (row.parts && missing.length > 0) {
    throw new LatheError(
      'storage',
      `${missingPartsSentence(row.step, row.parts, missing)} This browser has the others. It can be used here once the group has put it together: when its run is resumed, or ends.`,
    );
  }
  const [weights, optimizer] = row.parts
    ? await Promise.all([
        readParts(database, row.parts.hashes.slice(0, row.parts.weights), row.weights.hash),
        readParts(database, row.parts.hashes.slice(row.parts.weights), row.optimizer.hash),
      ])
    : await Promise.all([readVerified(blobs, row.weights.hash), readVerified(blobs, row.optimizer.hash)]);
  const state: unknown = JSON.parse(row.state);
  return { row, weights: new Float32Array(weights), optimizer: new Float32Array(optimizer), state };
}

/** Parts of a checkpoint that are not here, by their place in `parts.hashes`; none where it is not kept in parts. */
export async function missingParts(database: Database, { parts }: CheckpointRow): Promise<number[]> {
  if (!parts) return [];
  const store = database.transaction('blobs').store;
  const keys = await Promise.all(parts.hashes.map((hash) => store.getKey(hash)));
  return parts.hashes.flatMap((_, part) => (keys[part] === undefined ? [part] : []));
}

/** Stores parts of a checkpoint, unless it was deleted meanwhile. @throws LatheError of kind `storage`, with nothing written */
export async function keepParts(database: Database, id: string, blobs: BlobRow[]): Promise<void> {
  const transaction = database.transaction(['blobs', 'checkpoints'], 'readwrite', { durability: 'strict' });
  const row = await transaction.objectStore('checkpoints').get(id);
  const wanted = new Set(row?.parts?.hashes);
  const puts = blobs.filter(({ hash }) => wanted.has(hash)).map((blob) => transaction.objectStore('blobs').put(blob));
  await commit(puts, transaction.done);
}

/** The blobs that a checkpoint is made of, each once: of one that is kept in parts, also those that are elsewhere. */
export function blobsOfCheckpoint({ weights, optimizer, parts }: CheckpointRow): Set<BlobHash> {
  return new Set(parts ? parts.hashes : [weights.hash, optimizer.hash]);
}

/** A vector from its parts. @throws LatheError of kind `storage` when the whole is not what its hash says. */
async function readParts(database: Database, parts: BlobHash[], hash: BlobHash): Promise<ArrayBuffer> {
  const blobs = databaseBlobs(database);
  const whole = await new Blob(await Promise.all(parts.map((part) => blobs.get(part)))).arrayBuffer();
  if ((await sha256(whole)) === hash) return whole;
  // One of the parts is to blame: it is named.
  for (const part of parts) await readVerified(blobs, part);
  throw new LatheError('storage', 'Stored data is damaged: its parts do not make up what their checkpoint says.');
}

/** Removes checkpoints and those of their blobs that no other checkpoint, model or version names, in one transaction. */
export async function deleteCheckpoints(database: Database, ids: string[]): Promise<void> {
  const transaction = database.transaction(['checkpoints', 'models', 'model_versions', 'blobs'], 'readwrite');
  const checkpoints = transaction.objectStore('checkpoints');
  const models = transaction.objectStore('models');
  const versions = transaction.objectStore('model_versions');
  const hashes = new Set<BlobHash>();
  for (const id of ids) {
    const row = await checkpoints.get(id);
    if (!row) continue;
    for (const hash of blobsOfCheckpoint(row)) hashes.add(hash);
    await checkpoints.delete(id);
  }
  for (const hash of hashes) {
    const names = await Promise.all([
      checkpoints.index('weights').count(hash),
      checkpoints.index('optimizer').count(hash),
      checkpoints.index('parts').count(hash),
      models.index('weights').count(hash),
      versions.index('weights').count(hash),
    ]);
    if (names.every((count) => count === 0)) await transaction.objectStore('blobs').delete(hash);
  }
  await commit([], transaction.done);
}
