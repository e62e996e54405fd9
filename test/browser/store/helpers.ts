import { onTestFinished } from 'vitest';
import { sha256 } from '../../../src/base/hash';
import { makeBlobRow } from '../../../src/store/blobs';
import { openDatabase, type Database } from '../../../src/store/database';
import type { BlobRow, CheckpointRow } from '../../../src/store/schema';

/** A fresh database of its own, gone after the test. */
export async function freshDatabase(): Promise<Database> {
  const name = `test-${crypto.randomUUID()}`;
  const database = await openDatabase({}, name);
  onTestFinished(() => {
    database.close();
    indexedDB.deleteDatabase(name);
  });
  return database;
}

/** A checkpoint with weights [step, step + 1] and one optimizer value. */
export async function checkpoint(runId: string, step: number): Promise<{ row: CheckpointRow; blobs: BlobRow[] }> {
  const weights = await makeBlobRow(Float32Array.of(step, step + 1).buffer);
  const optimizer = await makeBlobRow(Float32Array.of(-step).buffer);
  const state = JSON.stringify({ step });
  const row: CheckpointRow = {
    id: `${runId}-${step}`,
    run_id: runId,
    created: step,
    step,
    epoch: 1,
    reason: 'steps',
    monitor: null,
    weights: { hash: weights.hash, tensors: [{ name: 'w', shape: [2], offset: 0, length: 8 }] },
    optimizer: { hash: optimizer.hash, tensors: [{ name: 'm', shape: [1], offset: 0, length: 4 }] },
    state,
    state_sha256: await sha256(state),
    bytes: weights.bytes + optimizer.bytes,
  };
  return { row, blobs: [weights, optimizer] };
}
