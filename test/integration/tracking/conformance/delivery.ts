/** Delivers a run to a tracker as the outbox does, with the losses that it may have. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { randomStream, type RandomStream } from '../../../../src/base/random';
import type { DeliveryErrorCode } from '../../../../src/store/delivery';
import type { Json } from '../../../../src/store/study';
import { DeliveryError } from '../../../../src/tracking/http/http';
import type { Batch, Connection, RemoteRun, RunFile, TrackedRun } from '../../../../src/tracking/tracker';

/** What passes by itself: it is tried again. Everything else is for the user to mend. */
const PASSING: readonly DeliveryErrorCode[] = ['offline', 'unreachable', 'too_many', 'server', 'timeout'];

/** Tries of one call before it is given up: about a minute, in which a server starts again on a busy machine. */
const TRIES = 240;

/** The longest wait between two of them, in milliseconds. */
const LONGEST_WAIT = 250;

/** One run on its way. */
export class Delivery {
  readonly run: TrackedRun;
  /** Every failure that was met, oldest first. */
  readonly failures: DeliveryError[] = [];
  readonly #connect: () => Connection;
  readonly #random: RandomStream;
  /** What the store holds: the state after the last call that came back, as plain data. */
  #stored: Json = null;
  #remote: RemoteRun | null = null;

  /**
   * @param connect gives a new connection, as after a reload
   * @param seed decides what is left after a failure: the object, or only what was stored
   */
  constructor(run: TrackedRun, connect: () => Connection, seed = 0) {
    this.run = run;
    this.#connect = connect;
    this.#random = randomStream(seed, `delivery ${run.id}`);
  }

  /** What the store holds. */
  get state(): Json {
    return this.#stored;
  }

  /** Begins the run, or finds it. */
  async open(): Promise<void> {
    await this.#try(() => Promise.resolve());
  }

  /** Sends batches, each until it is acknowledged; after a failure it is said that they may have arrived. */
  async send(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) await this.#try((remote, failed) => remote.send(batch, failed));
  }

  /** Sends files. */
  async upload(files: readonly RunFile[]): Promise<void> {
    for (const file of files) await this.#try((remote) => remote.upload(file));
  }

  /** Tells how the run stands. */
  async update(run: TrackedRun, files: readonly RunFile[] = []): Promise<void> {
    await this.#try((remote) => remote.update(run, files));
  }

  /** The page is reloaded: of all that the tracker knew only what was stored is left. @param lost that is gone, too */
  reload({ lost = false } = {}): void {
    this.#remote = null;
    if (lost) this.#stored = null;
  }

  /** Calls until a call comes back; `failed` says whether an earlier one did not. */
  async #try(call: (remote: RemoteRun, failed: boolean) => Promise<unknown>): Promise<void> {
    let called = false;
    for (let tries = 1; ; tries++) {
      try {
        this.#remote ??= await this.#connect().open(this.run, this.#stored);
        this.#store(this.#remote);
        const again = called;
        called = true;
        await call(this.#remote, again);
        this.#store(this.#remote);
        return;
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        this.failures.push(error);
        if (!PASSING.includes(error.code) || tries === TRIES) throw error;
        this.#lose();
        await sleep(Math.min(LONGEST_WAIT, 10 * tries));
      }
    }
  }

  #store(remote: RemoteRun): void {
    this.#stored = plain(remote.state);
  }

  /** The tab lives on, or is another one that knows what was stored: before the call that failed, or after it. */
  #lose(): void {
    if (!this.#remote) return;
    const kept = this.#random.uniform();
    if (kept < 1 / 3) return;
    if (kept < 2 / 3) this.#store(this.#remote);
    this.#remote = null;
  }
}

/** The same as it is after it was stored. @throws Error where it is not plain data */
function plain(state: Json): Json {
  const copy = JSON.parse(JSON.stringify(state)) as Json;
  if (!isDeepStrictEqual(copy, state)) throw new Error('The state of a run must be plain JSON.');
  return copy;
}
