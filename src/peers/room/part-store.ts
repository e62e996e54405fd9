/** Where the parts of a run's checkpoints are kept: in this browser's database. */
import { sha256 } from '../../base/hash';
import { readVerified, databaseBlobs } from '../../store/blobs';
import { keepParts, listCheckpoints, sharedCheckpointId, writeCheckpoint } from '../../store/checkpoints';
import type { Database } from '../../store/database';
import { appendLog } from '../../store/logs';
import { missingPartsSentence } from '../../store/parts';
import type { BlobHash } from '../../store/schema';
import type { PartStore } from './part-keeper';
import { keptParts } from './run-content';

/** Whether a blob is here, undamaged. */
export async function hasBlob(database: Database, hash: BlobHash): Promise<boolean> {
  return readVerified(databaseBlobs(database), hash).then(
    () => true,
    () => false, // Missing or damaged: it is copied from others.
  );
}

/** The parts of the run `runId`. */
export function partStore(database: Database, runId: string): PartStore {
  return {
    kept: () => keptParts(database, runId),
    async adopt({ step, epoch, reason, monitor, weights, optimizer, state, parts, blobs }) {
      const row = {
        id: sharedCheckpointId(runId, step),
        run_id: runId,
        created: Date.now(),
        step,
        epoch,
        reason,
        monitor,
        weights,
        optimizer,
        state,
        state_sha256: await sha256(state),
        bytes: (parts?.bytes ?? blobs.map(({ bytes }) => bytes)).reduce((sum, bytes) => sum + bytes, state.length),
        ...(parts && { parts }),
      };
      await writeCheckpoint(database, row, [], { earlier: true });
    },
    keep: (step, blobs) => keepParts(database, sharedCheckpointId(runId, step), blobs),
    async lost(step, missing) {
      const row = (await listCheckpoints(database, runId)).find((checkpoint) => checkpoint.step === step);
      if (!row?.parts) return;
      const sentence = missingPartsSentence(step, row.parts, missing);
      await appendLog(database, runId, 'warning', `${sentence} It cannot be used unless they come back.`, Date.now());
    },
  };
}
