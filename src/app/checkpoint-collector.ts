/** Makes checkpoints whole that a group keeps in parts, before somebody reads them. */
import { missingParts } from '../store/checkpoints';
import type { Database } from '../store/database';
import type { ModelRef } from '../store/schema';
import type { LazyRooms } from './peers';

/**
 * Copies the parts of a model's checkpoint that are not here from the others of its group, where its run trains in this tab;
 * elsewhere whoever reads it says what is missing.
 * @throws LatheError where the others do not have them either
 */
export type CollectCheckpoint = (ref: ModelRef) => Promise<void>;

/** A collector for the runs of this browser. */
export function checkpointCollector(database: Database, rooms: LazyRooms): CollectCheckpoint {
  return async (ref) => {
    if (!('run_id' in ref)) return;
    const run = await database.get('runs', ref.run_id);
    const id = ref.checkpoint ?? run?.best_checkpoint ?? run?.latest_checkpoint;
    const row = id ? await database.get('checkpoints', id) : undefined;
    if (row && (await missingParts(database, row)).length > 0) await (await rooms.load()).collect(row);
  };
}
