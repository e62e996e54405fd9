/**
 * What a run shows beside its curves: pictures, sounds, texts, tables, histograms, embeddings, each at a step. Kept in order
 * of steps; a run that goes on from a checkpoint drops what was later, and makes it again.
 */
import { commit } from './commit';
import type { Database } from './database';

/** What there is to see or hear. */
export type MediaContent =
  /** PNG. */
  | { kind: 'image'; blob: Blob; width: number; height: number; caption: string }
  /** A WAVE file. */
  | { kind: 'audio'; blob: Blob; sample_rate: number; seconds: number; caption: string }
  /** Markdown. */
  | { kind: 'text'; text: string }
  /** Values between `edges[i]` and `edges[i + 1]`: `counts[i]`. Of all values: their number, sum, sum of squares, extremes. */
  | {
      kind: 'histogram';
      edges: Float64Array;
      counts: Float64Array;
      min: number;
      max: number;
      count: number;
      sum: number;
      sum_squares: number;
    }
  | { kind: 'table'; columns: string[]; rows: (string | number | boolean | null)[][] }
  /** `vectors`: `[rows, width] float32`; `metadata`: one row of texts a vector, named by `columns`. */
  | { kind: 'embedding'; vectors: Float32Array; width: number; columns: string[]; metadata: string[][] };

/** One of them. */
export interface MediaRow {
  run_id: string;
  /** Assigned by the database. */
  seq?: number;
  /** Slashes group names: `weights/dense_1/kernel`. */
  name: string;
  step: number;
  /** Milliseconds since the epoch. */
  time: number;
  content: MediaContent;
}

const ofRun = (runId: string, from = -1): IDBKeyRange => IDBKeyRange.bound([runId, from], [runId, []], from >= 0);

/** Stores some. @throws LatheError of kind `storage` */
export async function addMedia(database: Database, rows: readonly MediaRow[]): Promise<void> {
  const transaction = database.transaction('media', 'readwrite');
  await commit(
    rows.map((row) => transaction.store.add(row)),
    transaction.done,
  );
}

/** Media of a run later than a step (-1: all), by step; at most `limit`. */
export async function readMedia(database: Database, runId: string, after = -1, limit?: number): Promise<MediaRow[]> {
  return database.getAllFromIndex('media', 'run_step', ofRun(runId, after), limit);
}

/** Removes those after a step; -1: all. */
export async function dropMediaAfter(database: Database, runId: string, step: number): Promise<void> {
  const transaction = database.transaction('media', 'readwrite');
  const keys = await transaction.store.index('run_step').getAllKeys(ofRun(runId, step));
  await Promise.all([...keys.map((key) => transaction.store.delete(key)), transaction.done]);
}

/** Whether there are media of a run at a step. */
export async function hasMediaAt(database: Database, runId: string, step: number): Promise<boolean> {
  return (await database.countFromIndex('media', 'run_step', [runId, step])) > 0;
}

/** Steps of a run that there are media of, ascending; reads none of them. */
export async function mediaSteps(database: Database, runId: string): Promise<number[]> {
  const steps: number[] = [];
  const index = database.transaction('media').store.index('run_step');
  let cursor = await index.openKeyCursor(ofRun(runId), 'nextunique');
  while (cursor) {
    steps.push(cursor.key[1]);
    cursor = await cursor.continue();
  }
  return steps;
}

/** Media of a run at one step. */
export async function readMediaAt(database: Database, runId: string, step: number): Promise<MediaRow[]> {
  return database.getAllFromIndex('media', 'run_step', [runId, step]);
}
