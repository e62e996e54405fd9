/**
 * Delivers one run to one destination: takes it from where it stands to where the run stands. What was acknowledged is noted
 * before anything else is sent; what is about to be sent, before it is: after a crash in between, the tracker is told that it
 * may have arrived.
 */
import * as v from 'valibot';
import { LatheError } from '../../base/errors';
import { canonicalJson, sha256 } from '../../base/hash';
import type { Database } from '../../store/database';
import { updateDelivery } from '../../store/deliveries';
import type { DeliveryCursor, DeliveryRow } from '../../store/delivery';
import { plannedFiles, type ExportBundle } from '../files/run-files';
import { DeliveryError } from '../http/http';
import { openOutside, type Outside } from '../http/outside';
import type { RemoteRun, RunFile, TrackedRun, Tracker } from '../tracker';
import { isBlocking, mayHaveArrived, waitAfter } from './back-off';
import { RunSource, type BatchSource } from './source';
import { StudySource } from './study-source';
import { trackedRun } from './subject';

/** Milliseconds after which a server wants to hear of a run that has nothing new. */
const BEAT_MS = 30_000;

/** What a delivery needs, and tells. */
export interface DeliveryHost {
  database: Database;
  trackerOf: (kind: string) => Tracker | undefined;
  exportBundle: ExportBundle;
  /** Who trains, as the user says. */
  author: () => string | null;
  /** The row has changed. */
  changed: (row: DeliveryRow) => void;
  /** Somebody pressed Stop at the destination. */
  stop: (runId: string) => void;
}

/** One delivery at work. Calls of `turn` must not overlap. */
export class DeliveryRun {
  #row: DeliveryRow;
  readonly #host: DeliveryHost;
  readonly #source: BatchSource;
  /** Null: there is none yet, or the way to it broke. */
  #remote: RemoteRun | null = null;
  #http: Outside | null = null;
  /** Points that the server takes at once; less after it refused some as too many. */
  #limit = Infinity;
  /** When a batch may be sent again. */
  #next = 0;
  #heard = 0;
  /** A batch is being sent right now: for the first time, or again. Null: something else is asked. */
  #sending: 'first' | 'again' | null = null;

  constructor(row: DeliveryRow, host: DeliveryHost) {
    this.#row = row;
    this.#host = host;
    const { database } = host;
    this.#source = row.noun === 'study' ? new StudySource(database, row.subject) : new RunSource(database, row.subject);
  }

  get row(): DeliveryRow {
    return this.#row;
  }

  /** The way to the destination may have changed: it is opened again. */
  forgetWay(): void {
    this.#remote = null;
  }

  /** Counts what waits, while it is not its turn: more has come. */
  async count(): Promise<void> {
    this.#source.refresh();
    await this.#count();
  }

  async #count(): Promise<void> {
    const pending = await this.#source.pending(this.#row.cursor);
    if (pending !== this.#row.pending) await this.#save({ pending });
  }

  /**
   * Sends what there is, until nothing is left or something fails; then it says when to come again, in the row. What fails is
   * in the row, too.
   * @param until checked between two requests: whether to leave off
   */
  async turn(until: () => boolean): Promise<void> {
    this.#source.refresh();
    try {
      const run = await trackedRun(
        this.#host.database,
        { noun: this.#row.noun, id: this.#row.subject },
        this.#host.author(),
      );
      // It may be brought back.
      if (!run) return await this.#save({ state: 'waiting', next_attempt: Infinity });
      const tracker = this.#tracker();
      const remote = this.#remote ?? (await this.#open(tracker, run));
      await this.#batches(tracker, remote, run, until);
      if (until()) return;
      await this.#facts(remote, run);
      const ended = run.ended !== null;
      const state = ended && !this.#row.in_flight && this.#row.pending === 0 ? 'done' : 'waiting';
      const { next_attempt, attempts, error } = this.#row;
      if (state === this.#row.state && next_attempt === null && attempts === 0 && error === null) return;
      await this.#save({ state, next_attempt: null, attempts: 0, error: null });
    } catch (thrown) {
      await this.#failed(thrown);
    }
  }

  #tracker(): Tracker {
    const { kind } = this.#row.destination;
    const tracker = this.#host.trackerOf(kind);
    if (!tracker) throw new DeliveryError('local', `This version of Lathe knows no tracker ${kind}. Reload the page.`);
    return tracker;
  }

  async #open(tracker: Tracker, run: TrackedRun): Promise<RemoteRun> {
    const parsed = v.safeParse(tracker.schema, this.#row.destination.options);
    if (!parsed.success) {
      throw new DeliveryError('local', `The settings of this destination cannot be read. Add it again under Settings.`);
    }
    const http = await openOutside(this.#host.database, tracker.origins(parsed.output));
    this.#http = http;
    const remote = await tracker.connect(parsed.output, http).open(run, this.#row.remote);
    this.#remote = remote;
    await this.#save({ state: 'sending', remote: remote.state, url: remote.url });
    return remote;
  }

  async #batches(tracker: Tracker, remote: RemoteRun, run: TrackedRun, until: () => boolean): Promise<void> {
    const complete = run.status !== 'running';
    while (!until()) {
      const again = this.#row.in_flight;
      const limit = Math.min(this.#limit, tracker.limits.points);
      const cut = await this.#source.next(this.#row.cursor, {
        limit,
        complete,
        over: run.ended !== null,
        ...(again && { until: again }),
      });
      // What is under way may not be there again yet: nothing overtakes it.
      if (!cut) break;
      const { batch, to } = cut;
      await pause(this.#next - Date.now());
      if (!again) await this.#save({ state: 'sending', in_flight: to });
      this.#next = Date.now() + tracker.limits.pause_ms;
      this.#sending = again ? 'again' : 'first';
      const { stop } = await remote.send(batch, again !== null);
      this.#sending = null;
      this.#heard = Date.now();
      const points = batch.points.reduce((sum, { steps }) => sum + steps.length, 0);
      await this.#acknowledge(remote, to, {
        points,
        lines: batch.lines.length,
        media: batch.media.length,
        pending: Math.max(0, this.#row.pending - points - batch.lines.length - batch.media.length),
      });
      if (stop) this.#host.stop(run.id);
    }
    if (run.status === 'running' && remote.beat && Date.now() - this.#heard > BEAT_MS) {
      const { stop } = await remote.beat();
      this.#heard = Date.now();
      if (stop) this.#host.stop(run.id);
    }
    await this.#count();
  }

  async #acknowledge(
    remote: RemoteRun,
    cursor: DeliveryCursor,
    { points, lines, media, pending }: { points: number; lines: number; media: number; pending: number },
  ): Promise<void> {
    const { sent } = this.#row;
    await this.#save({
      cursor,
      in_flight: null,
      attempts: 0,
      error: null,
      remote: remote.state,
      pending,
      sent: {
        ...sent,
        points: sent.points + points,
        lines: sent.lines + lines,
        media: sent.media + media,
        bytes: sent.bytes + this.#bytes(),
        requests: sent.requests + 1,
      },
    });
  }

  /** Files once the run has ended, then what is known of it. */
  async #facts(remote: RemoteRun, run: TrackedRun): Promise<void> {
    const files: RunFile[] = [];
    for (const planned of await plannedFiles(this.#host.database, run, this.#host.exportBundle)) {
      const known = this.#row.cursor.files[planned.path];
      const [bytes, key] = known === undefined ? [0, null] : splitKey(known);
      const blob = key === planned.key ? null : await local(planned.make());
      if (key !== planned.key && !blob) continue;
      const file: RunFile = {
        path: planned.path,
        type: planned.type,
        key: planned.key,
        model: planned.model,
        bytes: blob?.size ?? bytes,
        read: async () => blob ?? (await local(planned.make())) ?? new Blob([]),
      };
      files.push(file);
      if (!blob) continue;
      await remote.upload(file);
      const { cursor, sent } = this.#row;
      await this.#save({
        cursor: { ...cursor, files: { ...cursor.files, [file.path]: `${file.bytes} ${file.key}` } },
        remote: remote.state,
        sent: { ...sent, files: sent.files + 1, bytes: sent.bytes + this.#bytes(), requests: sent.requests + 1 },
      });
    }
    const { summary, ...told } = run;
    // The summary of a run that trains changes all the time, and its curves say the same.
    const contents = files.map(({ path, key }) => [path, key]);
    const facts = await sha256(canonicalJson({ ...told, ...(run.ended !== null && { summary }), files: contents }));
    if (facts === this.#row.cursor.facts) return;
    await remote.update(run, files);
    const { cursor, sent } = this.#row;
    await this.#save({
      cursor: { ...cursor, facts },
      remote: remote.state,
      sent: { ...sent, bytes: sent.bytes + this.#bytes(), requests: sent.requests + 1 },
    });
  }

  /** Bytes that went out since this was asked last; 0 where nothing leaves the machine. */
  #bytes(): number {
    return this.#http?.takeSent() ?? 0;
  }

  async #failed(thrown: unknown): Promise<void> {
    const error =
      thrown instanceof DeliveryError
        ? thrown
        : new DeliveryError('local', LatheError.from(thrown, 'tracking').message, { cause: thrown });
    const { code, message, retryAfter } = error;
    const attempts = this.#row.attempts + 1;
    const sending = this.#sending;
    this.#sending = null;
    // A batch that was certainly not taken, now or before, may be cut anew: smaller, if need be.
    const refused = sending !== null && code === 'too_large';
    const certain = refused || (sending === 'first' && !mayHaveArrived(code));
    const smaller = refused && this.#limit > 1;
    if (!smaller) this.#remote = null;
    if (smaller) {
      const tried = Math.min(this.#limit, this.#tracker().limits.points);
      this.#limit = Math.max(1, Math.floor(tried / 2));
    }
    // Where even that cannot be counted, what was counted last stands: the error is told all the same.
    const pending = await this.#source.pending(this.#row.cursor).catch(() => this.#row.pending);
    await this.#save({
      pending,
      state: isBlocking(code) && !smaller ? 'blocked' : 'waiting',
      attempts,
      next_attempt: Date.now() + (smaller ? 0 : waitAfter(code, attempts, retryAfter)),
      error: { code, message, at: Date.now() },
      ...(certain && { in_flight: null }),
    });
  }

  async #save(change: Partial<DeliveryRow>): Promise<void> {
    const row = await updateDelivery(this.#host.database, this.#row.id, change);
    if (!row) throw new Cancelled();
    this.#row = row;
    this.#host.changed(row);
  }
}

/** The user gave the delivery up while it was at work. */
export class Cancelled extends Error {}

/** What goes wrong in this browser is not the server's fault. */
async function local<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new DeliveryError('local', LatheError.from(cause).message, { cause });
  }
}

function splitKey(text: string): [number, string] {
  const at = text.indexOf(' ');
  return [Number(text.slice(0, at)), text.slice(at + 1)];
}

const pause = (ms: number): Promise<void> | null => (ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : null);
