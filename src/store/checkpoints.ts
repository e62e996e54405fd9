/**
 * Checkpoints. Blobs, row and the run's pointer to it are written in one transaction: a checkpoint either exists whole
 * or not at all. What is loaded is checked against its hashes first.
 */
import { LatheError } from '../base/errors';
import { sha256 } from '../base/hash';
import { databaseBlobs, readVerified } from './blobs';
import type { Database } from './database';
import type { BlobRow, CheckpointRow } from './schema';

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
  try {
    const transaction = database.transaction(['blobs', 'checkpoints', 'runs'], 'readwrite', { durability: 'strict' });
    const run = await transaction.objectStore('runs').get(row.run_id);
    if (!run) throw new LatheError('not_found', `The run ${row.run_id} was deleted while it trained.`);
    await Promise.all([
      ...blobs.map((blob) => transaction.objectStore('blobs').put(blob)),
      transaction.objectStore('checkpoints').put(row),
      transaction.objectStore('runs').put({
        ...run,
        updated: Date.now(),
        latest_checkpoint: row.id,
        best_checkpoint: options.best ? row.id : run.best_checkpoint,
      }),
      transaction.done,
    ]);
  } catch (error) {
    throw LatheError.from(error, 'storage');
  }
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

/** Removes checkpoint rows; their blobs go with the next collection (`collect.ts`). */
export async function deleteCheckpoints(database: Database, ids: string[]): Promise<void> {
  const transaction = database.transaction('checkpoints', 'readwrite');
  await Promise.all([...ids.map((id) => transaction.store.delete(id)), transaction.done]);
}
