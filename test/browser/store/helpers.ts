import { onTestFinished } from 'vitest';
import { sha256 } from '../../../src/base/hash';
import { parseConfig } from '../../../src/config/parse';
import { makeBlobRow } from '../../../src/store/blobs';
import { openDatabase, type Database } from '../../../src/store/database';
import type { BlobRow, CheckpointRow, RunRow } from '../../../src/store/schema';

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

/** A run's row as it is when the run starts. */
export function runRow(id: string, fields: Partial<RunRow> = {}): RunRow {
  return {
    id,
    name: id,
    created: 1,
    updated: 1,
    deleted_at: null,
    status: 'running',
    reason: null,
    config: parseConfig({}),
    config_hash: 'c',
    dataset_id: 'd',
    dataset_name: 'd',
    dataset_hash: 'h',
    study_id: '',
    trial: null,
    tags: [],
    notes: '',
    backend: null,
    model: null,
    preprocessing: null,
    epoch: 0,
    step: 0,
    total_steps: null,
    seconds: 0,
    samples_per_second: null,
    latest: {},
    best: {},
    metrics: null,
    confusion: { val: null, test: null },
    best_checkpoint: null,
    latest_checkpoint: null,
    weights_sha256: null,
    resumed: [],
    notices: [],
    ...fields,
  };
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
