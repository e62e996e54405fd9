import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash';
import { makeBlobRow } from '../../../src/store/blobs';
import {
  deleteCheckpoints,
  keepParts,
  listCheckpoints,
  loadCheckpoint,
  missingParts,
  writeCheckpoint,
} from '../../../src/store/checkpoints';
import { collectGarbage, HELPED_STUDY } from '../../../src/store/collect';
import { getRun, putRun } from '../../../src/store/runs';
import type { BlobRow, CheckpointRow } from '../../../src/store/schema';
import { runRow } from '../../helpers/run-row';
import { checkpoint, freshDatabase } from './helpers';

it('comes back as it was written, and is named by its run', async () => {
  const database = await freshDatabase();
  await putRun(database, runRow('r'));
  const { row, blobs } = await checkpoint('r', 5);
  await writeCheckpoint(database, row, blobs, { best: true });
  const loaded = await loadCheckpoint(database, row.id);
  expect(loaded.weights).toEqual(Float32Array.of(5, 6));
  expect(loaded.optimizer).toEqual(Float32Array.of(-5));
  expect(loaded.state).toEqual({ step: 5 });
  expect(await getRun(database, 'r')).toMatchObject({ latest_checkpoint: row.id, best_checkpoint: row.id });
});

it('is written whole or not at all', async () => {
  const database = await freshDatabase();
  const { row, blobs } = await checkpoint('gone', 5);
  await expect(writeCheckpoint(database, row, blobs)).rejects.toMatchObject({ kind: 'not_found' });
  expect(await database.count('checkpoints')).toBe(0);
  expect(await database.count('blobs')).toBe(0);
});

it('lists the newest first, of its own run only', async () => {
  const database = await freshDatabase();
  for (const run of ['r', 'r2']) await putRun(database, runRow(run));
  for (const step of [3, 20, 7]) {
    const { row, blobs } = await checkpoint('r', step);
    await writeCheckpoint(database, row, blobs);
  }
  const other = await checkpoint('r2', 1);
  await writeCheckpoint(database, other.row, other.blobs);
  expect((await listCheckpoints(database, 'r')).map(({ step }) => step)).toEqual([20, 7, 3]);
});

it.each(['weights', 'optimizer', 'state'] as const)('is refused when its %s are damaged', async (part) => {
  const database = await freshDatabase();
  await putRun(database, runRow('r'));
  const { row, blobs } = await checkpoint('r', 5);
  await writeCheckpoint(database, row, blobs);
  if (part === 'state') await database.put('checkpoints', { ...row, state: '{"step":6}' });
  else await database.put('blobs', { hash: row[part].hash, blob: new Blob([new Uint8Array(8)]), bytes: 8 });
  await expect(loadCheckpoint(database, row.id)).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringContaining('damaged'),
  });
});

it('is refused when a blob is missing', async () => {
  const database = await freshDatabase();
  await putRun(database, runRow('r'));
  const { row, blobs } = await checkpoint('r', 5);
  await writeCheckpoint(database, row, blobs);
  await database.delete('blobs', row.weights.hash);
  await expect(loadCheckpoint(database, row.id)).rejects.toThrow('missing');
});

it('deletion takes the blobs along, but not those that another checkpoint names', async () => {
  const database = await freshDatabase();
  await putRun(database, runRow('r'));
  for (const step of [1, 2]) {
    const { row, blobs } = await checkpoint('r', step);
    // Equal optimizer state is stored once.
    await writeCheckpoint(database, { ...row, optimizer: { ...row.optimizer, hash: 'shared' } }, [
      blobs[0],
      { ...blobs[1], hash: 'shared' },
    ]);
  }
  await deleteCheckpoints(database, ['r-1']);
  expect(await database.count('blobs')).toBe(2);
  await deleteCheckpoints(database, ['r-2', 'never-there']);
  expect(await database.count('blobs')).toBe(0);
});

it('collection removes only what nothing names, and deleted rows only after their grace', async () => {
  const database = await freshDatabase();
  await putRun(database, runRow('kept'));
  await putRun(database, runRow('deleted', { deleted_at: 1000 }));
  for (const [run, step] of [
    ['kept', 1],
    ['kept', 10],
    ['deleted', 100],
  ] as const) {
    const { row, blobs } = await checkpoint(run, step);
    await writeCheckpoint(database, row, blobs);
  }
  expect(await collectGarbage(database, 500, 1400)).toEqual({ rows: 0, blobs: 0, bytes: 0 });
  expect(await collectGarbage(database, 500, 1600)).toEqual({ rows: 1, blobs: 0, bytes: 0 });
  expect(await database.count('blobs')).toBe(4);
  expect(await database.get('runs', 'deleted')).toBeUndefined();
  await database.put('blobs', { hash: 'orphan', blob: new Blob(['x']), bytes: 1 });
  expect(await collectGarbage(database)).toEqual({ rows: 0, blobs: 1, bytes: 1 });
  expect((await loadCheckpoint(database, 'kept-10')).row.step).toBe(10);
});

describe('kept in parts', () => {
  /** A checkpoint of six numbers, cut into parts of two; the second and the third are the same. */
  async function inParts(runId: string, step: number): Promise<{ row: CheckpointRow; blobs: BlobRow[] }> {
    const { row } = await checkpoint(runId, step);
    const pieces = [
      [step, 1],
      [7, 7],
      [7, 7],
      [step, 2],
    ].map((values) => Float32Array.from(values));
    const blobs = await Promise.all(pieces.map((piece) => makeBlobRow(piece.buffer)));
    const weights = await sha256(Float32Array.of(step, 1, 7, 7).buffer);
    const optimizer = await sha256(Float32Array.of(7, 7, step, 2).buffer);
    const parts = {
      hashes: blobs.map(({ hash }) => hash),
      bytes: [8, 8, 8, 8],
      weights: 2,
      keepers: ['Ada', 'Grace', 'Alan'],
    };
    return {
      row: { ...row, weights: { hash: weights, tensors: [] }, optimizer: { hash: optimizer, tensors: [] }, parts },
      blobs,
    };
  }

  it('is loaded once all parts are here, and says before that which are missing', async () => {
    const database = await freshDatabase();
    await putRun(database, runRow('r'));
    const { row, blobs } = await inParts('r', 5);
    await writeCheckpoint(database, row, [blobs[0]]);
    expect(await missingParts(database, row)).toEqual([1, 2, 3]);
    await expect(loadCheckpoint(database, row.id)).rejects.toThrow(
      'Of the checkpoint of step 5, 3 of 4 parts are missing, the first of them part 2. Kept by: Grace, Alan, Ada.',
    );
    await keepParts(database, row.id, blobs.slice(1));
    expect(await missingParts(database, row)).toEqual([]);
    const loaded = await loadCheckpoint(database, row.id);
    expect(loaded.weights).toEqual(Float32Array.of(5, 1, 7, 7));
    expect(loaded.optimizer).toEqual(Float32Array.of(7, 7, 5, 2));
  });

  it('is refused where a part is damaged, or the parts are not those of the whole', async () => {
    const database = await freshDatabase();
    await putRun(database, runRow('r'));
    const { row, blobs } = await inParts('r', 5);
    await writeCheckpoint(database, row, blobs);
    await database.put('blobs', { hash: blobs[0].hash, blob: new Blob([new Uint8Array(8)]), bytes: 8 });
    await expect(loadCheckpoint(database, row.id)).rejects.toThrow('damaged');
    await database.put('blobs', blobs[0]);
    await database.put('checkpoints', { ...row, weights: { ...row.weights, hash: 'ab'.repeat(32) } });
    await expect(loadCheckpoint(database, row.id)).rejects.toThrow('damaged');
  });

  it('keeps a part as long as a checkpoint has it, and none of one that was deleted', async () => {
    const database = await freshDatabase();
    await putRun(database, runRow('r'));
    const [one, two] = [await inParts('r', 5), await inParts('r', 6)];
    for (const { row, blobs } of [one, two]) await writeCheckpoint(database, row, blobs);
    expect(await database.count('blobs')).toBe(5);
    expect(await collectGarbage(database)).toEqual({ rows: 0, blobs: 0, bytes: 0 });
    await deleteCheckpoints(database, [one.row.id]);
    expect(await database.count('blobs')).toBe(3);
    expect(await missingParts(database, two.row)).toEqual([]);
    await keepParts(database, one.row.id, one.blobs);
    expect(await database.count('blobs')).toBe(3);
    await deleteCheckpoints(database, [two.row.id]);
    expect(await database.count('blobs')).toBe(0);
  });
});

it('goes with its run where that was trained for another browser and left behind', async () => {
  const database = await freshDatabase();
  for (const [id, updated] of [
    ['old', 1000],
    ['trains', 5000],
  ] as const) {
    const { row, blobs } = await checkpoint(id, updated);
    await putRun(database, runRow(id, { study_id: `${HELPED_STUDY}room`, trial: 1 }));
    await writeCheckpoint(database, row, blobs);
    await putRun(database, { ...(await getRun(database, id)), updated });
  }
  expect(await collectGarbage(database, 500, 5100)).toMatchObject({ rows: 1 });
  expect(await database.getAllKeys('runs')).toEqual(['trains']);
  expect(await database.getAllKeys('checkpoints')).toEqual(['trains-5000']);
});
