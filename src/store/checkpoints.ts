/**
 * Checkpoints. Blobs, row and the run's pointer to it are written in one transaction: a checkpoint either exists whole
 * or not at all. What is loaded is checked against its hashes first.
 */
import { LatheError } from '../base/errors';
import { sha256 } from '../base/hash';
import { databaseBlobs, readVerified } from './blobs';
import { commit } from './commit';
import type { Database } from './database';
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
 * Writes a checkpoint whole, and names it the run's latest (and best, if `best`).
 * @throws LatheError of kind `storage`, also when the disk is full; nothing is written then.
 */
export async function writeCheckpoint(
  database: Database,
  row: CheckpointRow,
  blobs: BlobRow[],
  options: { best?: boolean } = {},
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
    latest_checkpoint: row.id,
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
  const [weights, optimizer] = await Promise.all([
    readVerified(blobs, row.weights.hash),
    readVerified(blobs, row.optimizer.hash),
  ]);
  const state: unknown = JSON.parse(row.state);
  return { row, weights: new Float32Array(weights), optimizer: new Float32Array(optimizer), state };
}

/** Removes checkpoints and those of their blobs that no other checkpoint and no model names, in one transaction. */
export async function deleteCheckpoints(database: Database, ids: string[]): Promise<void> {
  const transaction = database.transaction(['checkpoints', 'models', 'blobs'], 'readwrite');
  const checkpoints = transaction.objectStore('checkpoints');
  const models = transaction.objectStore('models');
  const hashes = new Set<BlobHash>();
  for (const id of ids) {
    const row = await checkpoints.get(id);
    if (!row) continue;
    hashes.add(row.weights.hash).add(row.optimizer.hash);
    await checkpoints.delete(id);
  }
  for (const hash of hashes) {
    const names = await Promise.all([
      checkpoints.index('weights').count(hash),
      checkpoints.index('optimizer').count(hash),
      models.index('weights').count(hash),
    ]);
    if (names.every((count) => count === 0)) await transaction.objectStore('blobs').delete(hash);
  }
  await commit([], transaction.done);
}
