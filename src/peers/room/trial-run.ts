/**
 * The run of a trial on its way from the browser that trained it to the one that has the study: what its row says and its
 * log in a message, its curves and the parameters of its best checkpoint as blobs, each under its hash.
 */
import { LatheError } from '../../base/errors';
import { sha256 } from '../../base/hash';
import { newId } from '../../base/ids';
import { makeBlobRow } from '../../store/blobs';
import { listCheckpoints } from '../../store/checkpoints';
import { commit } from '../../store/commit';
import type { Database } from '../../store/database';
import { readLog } from '../../store/logs';
import { readMetrics } from '../../store/metrics';
import { getRun } from '../../store/runs';
import {
  METRIC_CHUNK,
  type BlobHash,
  type BlobRow,
  type CheckpointRow,
  type MetricChunkRow,
  type RunRow,
} from '../../store/schema';
import { MOST_BLOB, type CheckpointManifest } from './lobby-messages';
import { MOST_LOG_LINES, type SentRun } from './trial-run-schema';

/** A run that can be fetched: what is told of it, and the blobs that were told of. */
export interface PackedRun {
  sent: SentRun;
  blobs: Map<BlobHash, Blob>;
}

/**
 * Reads a run that has ended.
 * @throws LatheError of kind `storage` where a part of it is missing, of kind `usage` where it has not ended
 */
export async function packRun(database: Database, id: string): Promise<PackedRun> {
  const row = await getRun(database, id);
  const { status } = row;
  if (status === 'running' || status === 'paused') {
    throw new LatheError('usage', `The run ${row.name} is ${status}: only one that has ended is handed over.`);
  }
  const blobs = new Map<BlobHash, Blob>();
  const series = await readMetrics(database, id);
  const curves = await makeBlobRow(
    new Blob(series.flatMap(({ steps, values, times }) => [steps, values, times]) as BlobPart[]),
  );
  blobs.set(curves.hash, curves.blob);
  const log = (await readLog(database, id)).slice(-MOST_LOG_LINES);
  const { reason, backend, model, preprocessing, epoch, step, total_steps, seconds, samples_per_second } = row;
  const { batch_size, latest, best, metrics, confusion, weights_sha256, notices } = row;
  return {
    sent: {
      course: {
        ...{ status, reason, backend, model, preprocessing, epoch, step, total_steps, seconds, samples_per_second },
        ...(batch_size !== undefined && { batch_size }),
        ...{ latest, best, metrics, confusion, weights_sha256, notices },
      },
      log: log.map(({ at, level, message }) => ({ at, level, message })),
      curves: {
        blob: { hash: curves.hash, bytes: curves.bytes },
        series: series.map(({ metric, steps }) => ({ metric, points: steps.length })),
      },
      checkpoint: await packCheckpoint(database, row, blobs),
    },
    blobs,
  };
}

async function packCheckpoint(
  database: Database,
  { id, best_checkpoint }: RunRow,
  into: Map<BlobHash, Blob>,
): Promise<CheckpointManifest | null> {
  const row = (await listCheckpoints(database, id)).find((checkpoint) => checkpoint.id === best_checkpoint);
  if (!row) return null;
  const { step, epoch, reason, monitor, weights, optimizer, state } = row;
  const blobs: CheckpointManifest['blobs'] = [];
  for (const hash of new Set([weights.hash, optimizer.hash])) {
    const blob = await database.get('blobs', hash);
    if (!blob) throw new LatheError('storage', `Data ${hash.slice(0, 12)}… of the run ${id} is missing.`);
    if (blob.bytes > MOST_BLOB) {
      throw new LatheError(
        'storage',
        `A checkpoint of the run ${id} has ${blob.bytes} bytes, more than is handed over.`,
      );
    }
    into.set(hash, blob.blob);
    blobs.push({ hash, bytes: blob.bytes, here: true });
  }
  return { step, epoch, reason, monitor, weights, optimizer, state, blobs };
}

/**
 * The blobs that a run is made of, to be fetched.
 * @throws LatheError of kind `data` where what is told of them cannot be
 */
export function blobsOfRun({ curves, checkpoint }: SentRun): { hash: BlobHash; bytes: number }[] {
  const points = curves.series.reduce((sum, series) => sum + series.points, 0);
  const metrics = new Set(curves.series.map(({ metric }) => metric));
  if (curves.blob.bytes !== points * 3 * Float64Array.BYTES_PER_ELEMENT || metrics.size < curves.series.length) {
    throw new LatheError('data', 'The curves of the run are not as long as it says.');
  }
  const blobs = new Map([[curves.blob.hash, curves.blob]]);
  for (const blob of checkpoint?.blobs ?? []) blobs.set(blob.hash, blob);
  if (checkpoint && ![checkpoint.weights, checkpoint.optimizer].every(({ hash }) => blobs.has(hash))) {
    throw new LatheError('data', 'The checkpoint of the run misses some of its data.');
  }
  return [...blobs.values()];
}

/**
 * Stores a run that was fetched as `own`, a row of this browser's that has not begun; whole, or not at all.
 * @param fetched The blobs of `blobsOfRun`, each of the content that its hash says
 * @throws LatheError of kind `data` where its curves make no sense, of kind `storage`
 */
export async function storeRun(
  database: Database,
  own: RunRow,
  { course, log, curves, checkpoint }: SentRun,
  fetched: ReadonlyMap<BlobHash, BlobRow>,
): Promise<void> {
  const lines = await fetched.get(curves.blob.hash)?.blob.arrayBuffer();
  if (!lines) throw new LatheError('internal', 'The curves of the run were not fetched.');
  const chunks = chunksOf(own.id, curves.series, new Float64Array(lines));
  const kept = checkpoint && (await checkpointRow(own.id, checkpoint));
  const row: RunRow = {
    ...own,
    ...course,
    updated: Date.now(),
    best_checkpoint: kept?.id ?? null,
    latest_checkpoint: kept?.id ?? null,
  };
  const transaction = database.transaction(['runs', 'metrics', 'logs', 'checkpoints', 'blobs'], 'readwrite', {
    durability: 'strict',
  });
  const blobs = transaction.objectStore('blobs');
  await commit(
    [
      transaction.objectStore('runs').put(row),
      ...chunks.map((chunk) => transaction.objectStore('metrics').put(chunk)),
      ...log.map((line) => transaction.objectStore('logs').add({ ...line, run_id: own.id })),
      ...(kept ? [transaction.objectStore('checkpoints').put(kept)] : []),
      ...(checkpoint?.blobs ?? []).flatMap(({ hash }) => fetched.get(hash) ?? []).map((blob) => blobs.put(blob)),
    ],
    transaction.done,
  );
}

function chunksOf(run_id: string, series: SentRun['curves']['series'], lines: Float64Array): MetricChunkRow[] {
  const chunks: MetricChunkRow[] = [];
  let at = 0;
  for (const { metric, points } of series) {
    const [steps, values, times] = [0, 1, 2].map((i) => lines.subarray(at + i * points, at + (i + 1) * points));
    at += 3 * points;
    if (steps.some((step, i) => !Number.isInteger(step) || step < 0 || (i > 0 && step < steps[i - 1]))) {
      throw new LatheError('data', `The steps of the curve ${metric} do not rise.`);
    }
    for (let start = 0, chunk = 0; start < points; start += METRIC_CHUNK, chunk++) {
      const end = start + METRIC_CHUNK;
      chunks.push({
        run_id,
        metric,
        chunk,
        steps: Uint32Array.from(steps.subarray(start, end)),
        values: values.slice(start, end),
        times: times.slice(start, end),
      });
    }
  }
  return chunks;
}

async function checkpointRow(run_id: string, manifest: CheckpointManifest): Promise<CheckpointRow> {
  const { blobs, ...rest } = manifest;
  return {
    ...rest,
    id: newId(),
    run_id,
    created: Date.now(),
    state_sha256: await sha256(manifest.state),
    bytes: blobs.reduce((sum, { bytes }) => sum + bytes, manifest.state.length),
  };
}
