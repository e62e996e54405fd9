/**
 * Metrics as chunks of typed arrays, keyed [run, metric, chunk]. A chunk holds up to `METRIC_CHUNK` points in order of
 * their steps; only the last one of a metric is ever written again.
 */
import { LatheError } from '../base/errors';
import { commit } from './commit';
import type { Database } from './database';
import { METRIC_CHUNK, type MetricChunkRow } from './schema';

/** Points of one metric, ascending by step. */
export interface MetricSeries {
  metric: string;
  steps: Float64Array;
  values: Float64Array;
  /** Milliseconds since the epoch. */
  times: Float64Array;
}

/** The last, partly filled chunk of one metric. */
interface Tail {
  chunk: number;
  steps: number[];
  values: number[];
  times: number[];
  dirty: boolean;
}

const keysOf = (runId: string, metric?: string): IDBKeyRange =>
  metric === undefined
    ? IDBKeyRange.bound([runId], [runId, []])
    : IDBKeyRange.bound([runId, metric], [runId, metric, []]);

/** Appends points of one run. Points are kept in memory until `flush`. */
export class MetricWriter {
  readonly #database: Database;
  readonly #runId: string;
  readonly #tails = new Map<string, Tail>();
  #full: MetricChunkRow[] = [];

  constructor(database: Database, runId: string) {
    this.#database = database;
    this.#runId = runId;
  }

  /** Drops every point after `step` from the database and continues behind what is left. Call once, before `append`. */
  async truncateAfter(step: number): Promise<void> {
    this.#tails.clear();
    this.#full = [];
    const transaction = this.#database.transaction('metrics', 'readwrite');
    for (
      let cursor = await transaction.store.openCursor(keysOf(this.#runId));
      cursor;
      cursor = await cursor.continue()
    ) {
      const row = cursor.value;
      const kept = row.steps.findIndex((at) => at > step);
      if (kept === 0) {
        await cursor.delete();
        continue;
      }
      const length = kept < 0 ? row.steps.length : kept;
      if (kept > 0) {
        await cursor.update({
          ...row,
          steps: row.steps.slice(0, length),
          values: row.values.slice(0, length),
          times: row.times.slice(0, length),
        });
      }
      // Chunks come in key order, so the last one seen of a metric is its tail.
      this.#tails.set(
        row.metric,
        length < METRIC_CHUNK
          ? {
              chunk: row.chunk,
              steps: [...row.steps.subarray(0, length)],
              values: [...row.values.subarray(0, length)],
              times: [...row.times.subarray(0, length)],
              dirty: false,
            }
          : { chunk: row.chunk + 1, steps: [], values: [], times: [], dirty: false },
      );
    }
    await transaction.done;
  }

  /** Takes one point. Steps of a metric must not fall. */
  append(metric: string, step: number, value: number, time = Date.now()): void {
    let tail = this.#tails.get(metric);
    if (!tail) {
      tail = { chunk: 0, steps: [], values: [], times: [], dirty: false };
      this.#tails.set(metric, tail);
    }
    tail.steps.push(step);
    tail.values.push(value);
    tail.times.push(time);
    tail.dirty = true;
    if (tail.steps.length === METRIC_CHUNK) {
      this.#full.push(this.#row(metric, tail));
      this.#tails.set(metric, { chunk: tail.chunk + 1, steps: [], values: [], times: [], dirty: false });
    }
  }

  /** Writes what is new, in one transaction. After a failure the points are still held and the next flush writes them. */
  async flush(): Promise<void> {
    const full = this.#full;
    const tails = [...this.#tails].filter(([, tail]) => tail.dirty);
    if (full.length === 0 && tails.length === 0) return;
    const rows = [...full, ...tails.map(([metric, tail]) => this.#row(metric, tail))];
    for (const [, tail] of tails) tail.dirty = false;
    this.#full = [];
    try {
      const transaction = this.#database.transaction('metrics', 'readwrite');
      await commit(
        rows.map((row) => transaction.store.put(row)),
        transaction.done,
      );
    } catch (error) {
      this.#full = [...full, ...this.#full];
      for (const [, tail] of tails) tail.dirty = true;
      throw LatheError.from(error, 'storage');
    }
  }

  #row(metric: string, tail: Tail): MetricChunkRow {
    return {
      run_id: this.#runId,
      metric,
      chunk: tail.chunk,
      steps: Uint32Array.from(tail.steps),
      values: Float64Array.from(tail.values),
      times: Float64Array.from(tail.times),
    };
  }
}

/** The curves of a run, all of them or those named. */
export async function readMetrics(database: Database, runId: string, metrics?: string[]): Promise<MetricSeries[]> {
  const rows = metrics
    ? (await Promise.all(metrics.map((metric) => database.getAll('metrics', keysOf(runId, metric))))).flat()
    : await database.getAll('metrics', keysOf(runId));
  const byMetric = new Map<string, MetricChunkRow[]>();
  for (const row of rows) byMetric.set(row.metric, [...(byMetric.get(row.metric) ?? []), row]);
  return [...byMetric].map(([metric, chunks]) => ({
    metric,
    steps: concat(chunks.map((chunk) => chunk.steps)),
    values: concat(chunks.map((chunk) => chunk.values)),
    times: concat(chunks.map((chunk) => chunk.times)),
  }));
}

/** Removes all points of a run. */
export async function deleteMetrics(database: Database, runId: string): Promise<void> {
  await database.delete('metrics', keysOf(runId));
}

function concat(parts: (Uint32Array | Float64Array)[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
