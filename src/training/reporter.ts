/**
 * What a run tells: events to the page (about ten a second, points batched), points to the store (every two seconds and
 * before each checkpoint), the run's row and its log.
 */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import { appendLog } from '../store/logs';
import { addMedia, dropMediaAfter, type MediaContent } from '../store/media';
import { MetricWriter } from '../store/metrics';
import { updateRun } from '../store/runs';
import type { LogRow, RunRow } from '../store/schema';
import type { MetricPoints, TrainingEvent } from './protocol';

const EVENT_MS = 100;
const STORE_MS = 2000;

type Bare<E> = E extends unknown ? Omit<E, 'run_id'> : never;

/** Reports of one run. */
export class Reporter {
  readonly #database: Database;
  readonly #runId: string;
  readonly #port: MessagePort;
  readonly #writer: MetricWriter;
  #points = new Map<string, MetricPoints>();
  #lastEvent = 0;
  #lastStored = 0;
  #storing: Promise<void> = Promise.resolve();
  #failure: LatheError | null = null;
  #muted = false;

  constructor(database: Database, runId: string, port: MessagePort) {
    this.#database = database;
    this.#runId = runId;
    this.#port = port;
    this.#writer = new MetricWriter(database, runId);
  }

  /** Drops stored points and media after `step`, which will be made again. */
  async truncateAfter(step: number): Promise<void> {
    await Promise.all([this.#writer.truncateAfter(step), dropMediaAfter(this.#database, this.#runId, step)]);
  }

  send(event: Bare<TrainingEvent>): void {
    if (!this.#muted) this.#port.postMessage({ run_id: this.#runId, ...event });
  }

  /** One point of a metric. */
  point(metric: string, step: number, value: number): void {
    const time = Date.now();
    this.#writer.append(metric, step, value, time);
    let points = this.#points.get(metric);
    if (!points) this.#points.set(metric, (points = { metric, steps: [], values: [], times: [] }));
    points.steps.push(step);
    points.values.push(value);
    points.times.push(time);
  }

  /** Stores what was recorded at a step by name, all or nothing, and tells of it. @throws LatheError of kind `storage` */
  async media(step: number, contents: ReadonlyMap<string, MediaContent>): Promise<void> {
    if (this.#muted || contents.size === 0) return;
    const [run_id, time] = [this.#runId, Date.now()];
    const rows = [...contents].map(([name, content]) => ({ run_id, name, step, time, content }));
    await addMedia(this.#database, rows);
    this.send({ type: 'media', step });
  }

  /** Whether it is time for a progress event. */
  get due(): boolean {
    return performance.now() - this.#lastEvent >= EVENT_MS;
  }

  /** Sends progress with the points since the last one; `row` is stored with the next batch of points. */
  progress(event: Omit<Extract<TrainingEvent, { type: 'progress' }>, 'run_id' | 'points'>, row: Partial<RunRow>): void {
    this.#lastEvent = performance.now();
    this.send({ ...event, points: [...this.#points.values()] });
    this.#points.clear();
    if (performance.now() - this.#lastStored < STORE_MS) return;
    this.#lastStored = performance.now();
    this.#storing = this.#storing
      .then(async () => {
        if (this.#muted) return;
        await this.#writer.flush();
        await updateRun(this.#database, this.#runId, row);
      })
      .catch((error: unknown) => {
        this.#failure = LatheError.from(error, 'storage');
      });
  }

  /** Throws what the last write behind the steps ended in. */
  check(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure) throw failure;
  }

  /** Writes all points that are still held. @throws LatheError of kind `storage`. */
  async flush(): Promise<void> {
    await this.#storing;
    if (!this.#muted) await this.#writer.flush();
    this.#failure = null;
  }

  /** Changes the run's row. */
  async update(row: Partial<RunRow>): Promise<void> {
    await this.#storing;
    if (!this.#muted) await updateRun(this.#database, this.#runId, row);
  }

  /** Adds a line to the run's log and tells it. The run does not stop for a line that cannot be stored. */
  log(level: LogRow['level'], message: string): void {
    const at = Date.now();
    this.send({ type: 'log', level, message, at });
    if (!this.#muted) void appendLog(this.#database, this.#runId, level, message, at).catch(() => undefined);
  }

  /** Says no more and writes no more: the device is gone and another trainer goes on. */
  mute(): void {
    this.#muted = true;
  }
}
