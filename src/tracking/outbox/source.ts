/**
 * What is to be sent of a run, read from the store and cut into batches. A batch holds whole steps: all points, of all
 * metrics, up to one step. The newest step of a run that trains is left for later, since more of it may come.
 */
import type { IDBPObjectStore } from 'idb';
import type { Database, LatheSchema } from '../../store/database';
import type { DeliveryCursor } from '../../store/delivery';
import { readMedia, type MediaRow } from '../../store/media';
import type { LogRow, MetricChunkRow } from '../../store/schema';
import type { Batch } from '../tracker';
import { PointBuffer } from './point-buffer';

/** Chunks of a metric that are read at once. */
const CHUNKS = 4;

/** Media and lines in a batch, at most; those of one step stay together. */
const MEDIA = 64;
const LINES = 1000;

/** Chunks of metrics, as one transaction sees them. */
type ChunkStore = IDBPObjectStore<LatheSchema, ['metrics'], 'metrics', 'readonly'>;

/** A batch, and where a delivery stands after it. */
export interface CutBatch {
  batch: Batch;
  to: DeliveryCursor;
}

/** What a source is asked for. */
export interface CutOptions {
  /** Points at most, unless a single point is more. */
  limit: number;
  /** The run has ended, or paused: no more comes of its newest step. */
  complete: boolean;
  /** The run has ended: no more comes at all. */
  over: boolean;
  /** A batch that was cut before: the same again. */
  until?: DeliveryCursor;
}

/** Batches of one run, or study. */
export interface BatchSource {
  /** Has the store read again: more may have come. Between two calls a source goes on with what it has read. */
  refresh(): void;
  /** The next batch after `cursor`; null: nothing is left (that is complete) of what was stored at the last look. */
  next(cursor: DeliveryCursor, options: CutOptions): Promise<CutBatch | null>;
  /** Points, lines and media after `cursor`. */
  pending(cursor: DeliveryCursor): Promise<number>;
}

/** Reads a run. */
export class RunSource implements BatchSource {
  readonly #database: Database;
  readonly #runId: string;
  #buffers: PointBuffer[] = [];
  #media: MediaRow[] = [];
  #lines: LogRow[] = [];
  /** The cursor that the buffers stand at; null: they have to be filled. */
  #at: DeliveryCursor | null = null;
  /** Whether the buffers hold everything that the store did as they were filled. */
  #whole = false;

  constructor(database: Database, runId: string) {
    this.#database = database;
    this.#runId = runId;
  }

  refresh(): void {
    this.#at = null;
  }

  async next(cursor: DeliveryCursor, { limit, complete, over, until }: CutOptions): Promise<CutBatch | null> {
    if (until) return this.#again(cursor, until, over);
    if (this.#at !== cursor || (!this.#whole && !this.#hasPoints(complete))) await this.#fill(cursor);
    const bound = this.#bound(complete);
    const to: DeliveryCursor = { ...cursor, metrics: { ...cursor.metrics }, batches: cursor.batches + 1 };
    const points: Batch['points'] = [];
    const step = this.#stepWithin(limit, bound);
    let room = limit;
    for (const buffer of this.#buffers) {
      const count = Math.min(room, buffer.upTo(step));
      if (count === 0) continue;
      room -= count;
      const taken = buffer.take(count);
      points.push({ metric: buffer.metric, ...taken.points });
      to.metrics[buffer.metric] = taken.cursor;
    }
    const latest = complete && !this.#hasPoints(true) ? Infinity : Math.min(step, bound);
    const early = this.#media.findIndex((row) => row.step > latest);
    const media = this.#media.splice(0, early < 0 ? this.#media.length : early);
    if (media.length > 0) to.media = media[media.length - 1].step;
    const lines = this.#lines.splice(0);
    if (lines.length > 0) to.log = seqOf(lines[lines.length - 1]);
    if (points.length + media.length + lines.length === 0) return null;
    this.#at = to;
    return { batch: { number: cursor.batches, points, media, lines }, to };
  }

  async pending(cursor: DeliveryCursor): Promise<number> {
    if (this.#at === cursor && this.#whole) {
      return this.#buffers.reduce((sum, { left }) => sum + left, this.#media.length + this.#lines.length);
    }
    const store = this.#store();
    let count = 0;
    for (const [metric, chunks] of await this.#chunks(store)) {
      const known = cursor.metrics[metric];
      const last = chunks[chunks.length - 1];
      const from = known ? await this.#firstChunk(store, metric, known) : 0;
      const [first] = await this.#rows(store, metric, from, 1);
      if (!first) continue;
      count += new PointBuffer(metric, [first], known, false).left;
      if (last === from) continue;
      // Chunks between the one that the cursor is in and the last one are full: they need not be read.
      count += (last - from - 1) * first.steps.length + (await this.#rows(store, metric, last, 1))[0].steps.length;
    }
    const media = this.#database.countFromIndex(
      'media',
      'run_step',
      IDBKeyRange.bound([this.#runId, cursor.media], [this.#runId, []], cursor.media >= 0),
    );
    return count + (await media) + (await this.#readLines(cursor.log, Infinity)).length;
  }

  /**
   * The batch between two cursors: what came later at the same steps is left out. Null where the run went on from an earlier
   * checkpoint, and has not come so far again: it will.
   */
  async #again(cursor: DeliveryCursor, until: DeliveryCursor, over: boolean): Promise<CutBatch | null> {
    this.#at = null;
    const store = this.#store();
    const points: Batch['points'] = [];
    for (const [metric, end] of Object.entries(until.metrics)) {
      const known = cursor.metrics[metric];
      if (known?.step === end.step && known.at_step === end.at_step) continue;
      const from = known ? await this.#firstChunk(store, metric, known) : 0;
      const rows = await this.#rows(store, metric, from, end.chunk - from + 1);
      const before = new PointBuffer(metric, rows, known, false);
      if (!over && before.last < end.step) return null;
      const count = before.left - new PointBuffer(metric, rows, end, false).left;
      if (count > 0) points.push({ metric, ...before.take(count).points });
    }
    const media = await this.#readMedia(cursor.media, until.media, Infinity);
    const lines = (await this.#readLines(cursor.log, Infinity)).filter((line) => seqOf(line) <= until.log);
    return { batch: { number: cursor.batches, points, media, lines }, to: until };
  }

  /** Reads on from a cursor: all metrics as they are at one moment, since a step's points are written together. */
  async #fill(cursor: DeliveryCursor): Promise<void> {
    const store = this.#store();
    const chunks = await this.#chunks(store);
    this.#buffers = await Promise.all(
      [...chunks].map(async ([metric, all]) => {
        const known = cursor.metrics[metric];
        const rows = await this.#rowsAfter(store, metric, known);
        const read = rows.at(-1)?.chunk ?? -1;
        return new PointBuffer(metric, rows, known, read < all[all.length - 1]);
      }),
    );
    this.#media = await this.#readMedia(cursor.media, Infinity, MEDIA);
    this.#lines = await this.#readLines(cursor.log, LINES);
    this.#at = cursor;
    this.#whole = !this.#buffers.some(({ more }) => more) && this.#media.length < MEDIA && this.#lines.length < LINES;
  }

  /** Chunks of a metric from the one on in which to look for what comes after a cursor. */
  async #rowsAfter(
    store: ChunkStore,
    metric: string,
    known: DeliveryCursor['metrics'][string] | undefined,
  ): Promise<MetricChunkRow[]> {
    const named = known?.chunk ?? 0;
    const rows = await this.#rows(store, metric, named, CHUNKS);
    const [first] = rows;
    // Nearly always the one that the cursor names: it is there, and begins before the cursor.
    if (!known || named === 0 || (first?.chunk === named && first.steps[0] < known.step)) return rows;
    return this.#rows(store, metric, await this.#firstChunk(store, metric, known), CHUNKS);
  }

  /**
   * The chunk in which to look for what comes after a cursor: the one it names, or an earlier one where that is gone, or begins
   * in the middle of the step.
   */
  async #firstChunk(
    store: ChunkStore,
    metric: string,
    { step, chunk }: DeliveryCursor['metrics'][string],
  ): Promise<number> {
    let from = chunk;
    for (; from > 0; from--) {
      const row = await store.get([this.#runId, metric, from]);
      if (row && row.steps[0] < step) break;
    }
    return from;
  }

  /** The last step that is known to be complete. */
  #bound(complete: boolean): number {
    const known = Math.min(...this.#buffers.filter(({ more }) => more).map(({ last }) => last));
    const newest = Math.max(-1, ...this.#buffers.map(({ last }) => last));
    // A chunk may end in the middle of a step.
    return Math.min(known - 1, complete ? Infinity : newest - 1);
  }

  #hasPoints(complete: boolean): boolean {
    const bound = this.#bound(complete);
    return this.#buffers.some((buffer) => buffer.left > 0 && buffer.first <= bound);
  }

  /** The largest step, up to `bound`, whose points and all earlier ones are at most `limit`; at least one step. */
  #stepWithin(limit: number, bound: number): number {
    const first = Math.min(...this.#buffers.map((buffer) => buffer.first));
    if (first === Infinity || first > bound) return bound;
    const count = (step: number): number => this.#buffers.reduce((sum, buffer) => sum + buffer.upTo(step), 0);
    const last = Math.max(...this.#buffers.map((buffer) => buffer.last));
    let [low, high] = [first, Math.min(bound, last)];
    if (count(high) <= limit) return high;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (count(middle) <= limit) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #store(): ChunkStore {
    return this.#database.transaction('metrics').store;
  }

  /** Numbers of the chunks of every metric. */
  async #chunks(store: ChunkStore): Promise<Map<string, number[]>> {
    const chunks = new Map<string, number[]>();
    for (const [, metric, chunk] of await store.getAllKeys(IDBKeyRange.bound([this.#runId], [this.#runId, []]))) {
      const known = chunks.get(metric);
      if (known) known.push(chunk);
      else chunks.set(metric, [chunk]);
    }
    return chunks;
  }

  #rows(store: ChunkStore, metric: string, from: number, count: number): Promise<MetricChunkRow[]> {
    const range = IDBKeyRange.bound([this.#runId, metric, from], [this.#runId, metric, []]);
    return store.getAll(range, count);
  }

  /** Media later than a step, up to another one; whole steps. */
  async #readMedia(after: number, upTo: number, limit: number): Promise<MediaRow[]> {
    if (upTo <= after) return [];
    const rows = (await readMedia(this.#database, this.#runId, after)).filter(({ step }) => step <= upTo);
    const end = rows.findIndex(({ step }, i) => i >= limit && step !== rows[i - 1].step);
    return end < 0 ? rows : rows.slice(0, end);
  }

  async #readLines(after: number, limit: number): Promise<LogRow[]> {
    const lines: LogRow[] = [];
    const index = this.#database.transaction('logs').store.index('run_id');
    let cursor = await index.openCursor(this.#runId);
    if (cursor && cursor.primaryKey <= after) cursor = await cursor.continuePrimaryKey(this.#runId, after + 1);
    for (; cursor && lines.length < limit; cursor = await cursor.continue()) lines.push(cursor.value);
    return lines;
  }
}

/** Number of a line that was read from the store, which has one. */
const seqOf = ({ seq }: LogRow): number => seq ?? 0;
