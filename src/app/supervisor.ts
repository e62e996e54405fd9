/**
 * Keeps runs training. A run that trains is held by a Web Lock in one tab; every other tab queues for that lock and, if
 * it gets it while the run is still unfinished, takes the run over: its tab was closed or crashed. A trainer that loses
 * its device is replaced by a fresh one, which goes on from the latest checkpoint.
 */
import { LatheError, PASSING, type ErrorJson } from '../base/errors';
import { transfer } from '../base/rpc';
import type { Database } from '../store/database';
import { appendLog } from '../store/logs';
import { getRun, ownRuns, updateRun } from '../store/runs';
import type { RunRow } from '../store/schema';
import type { LeaveOrder, TrainingEvent, TrainOptions } from '../training/protocol';
import type { EventHub } from './events';
import { RUN_LOCK_PREFIX } from './locks';
import { PageMeter } from './page-meter';
import { startTrainer, type TrainerWorker } from './workers';

/** How a run left its trainer in this tab. */
export interface Departure {
  error: ErrorJson | null;
  steps: number;
  resumed_from: number | null;
}

/** Devices a run may lose in a row, without a step in between, before it is given up. */
const MAX_LOST_DEVICES = 3;

/** How long to wait for a lock that another tab holds only for a moment. */
const LOCK_WAIT_MS = 2000;

/** How long to wait before a status that the full disk refused is written again. */
const SAVE_AGAIN_MS = 5000;

/** How often a run that trains is announced as changed. */
const CHANGED_MS = 2000;

const lockName = (runId: string): string => `${RUN_LOCK_PREFIX}${runId}`;

const msBetweenLooks = ({ config }: RunRow): number => (config.logging.system.every_seconds ?? Infinity) * 1000;

/** How one trainer worker was left. */
type Outcome =
  | { kind: 'left'; error: ErrorJson | null; steps: number }
  | { kind: 'lost'; reason: string; steps: number }
  | { kind: 'rejoined'; reason: string; steps: number };

/** Who decides whether a run that is a trial goes on. */
export interface RunJudge {
  /** The metric that is reported after every epoch. */
  metric: string;
  /** Why the run should end after this epoch, or null. */
  report(epoch: number, value: number): Promise<string | null>;
}

/** The lines of a trainer: to the group, and to those who send examples. */
export interface TrainerPorts {
  collective: MessagePort;
  examples: MessagePort;
}

/** A run's place in the group that trains it. */
export interface GroupSitting {
  /** The lines for a trainer; each trainer of the run gets its own. */
  trainer(): Promise<TrainerPorts>;
  /** Settles with a sentence if the group's worker breaks. */
  broken: Promise<string>;
  /** Says goodbye to the others. */
  end(reason: string): Promise<void>;
}

/** Goes into the room of a run's group. */
export type SitInGroup = (run: RunRow) => Promise<GroupSitting>;

/** A run training in this tab. */
interface Sitting {
  trainer: TrainerWorker | null;
  judge: RunJudge | null;
  /** The run is one of a group, but trains here by itself, to be ended. */
  alone: boolean;
  /** Milliseconds between two looks at the machine; infinite: none. */
  lookMs: number;
  /** How it was asked to leave. */
  order: LeaveOrder | null;
  departure: Promise<Departure>;
}

/** Trains runs in this tab and takes over those of tabs that died. */
export class RunSupervisor {
  readonly #database: Database;
  readonly #hub: EventHub;
  readonly #sitInGroup: SitInGroup;
  readonly #sittings = new Map<string, Sitting>();
  readonly #departures = new Map<string, Departure>();
  readonly #watched = new Set<string>();
  /** What a run's row should say but a full disk could not take. */
  readonly #unsaved = new Map<string, Pick<RunRow, 'status' | 'reason'>>();

  constructor(database: Database, hub: EventHub, sitInGroup: SitInGroup) {
    this.#database = database;
    this.#hub = hub;
    this.#sitInGroup = sitInGroup;
    hub.onOrder(({ noun, id, order }) => {
      const sitting = noun === 'run' ? this.#sittings.get(id) : null;
      if (!sitting || noun !== 'run') return false;
      void this.#order(sitting, order);
      return true;
    });
    hub.subscribe((event) => {
      if (event.type === 'started') this.#unsaved.delete(event.run_id);
      else if (event.type === 'ended' && event.error?.kind === 'storage') {
        this.#unsaved.set(event.run_id, { status: event.status, reason: event.reason });
      }
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#checkpointAll();
    });
    window.addEventListener('pagehide', () => this.#checkpointAll());
  }

  /**
   * Trains a run in this tab. `prepare` runs once the run's lock is held, before any other tab can see the run as one to
   * take over; it writes the row with status `running`. A run of a group goes into its room, unless it is to train `alone`.
   * @throws LatheError of kind `usage` when another tab trains it.
   */
  async launch(
    runId: string,
    prepare: () => Promise<void>,
    { judge = null, alone = false }: { judge?: RunJudge | null; alone?: boolean } = {},
  ): Promise<void> {
    if (this.#sittings.has(runId)) throw new LatheError('usage', `The run ${runId} is training already.`);
    await new Promise<void>((resolve, reject) => {
      navigator.locks
        .request(lockName(runId), { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, async () => {
          await prepare();
          const sitting = this.#sit(runId, judge, alone);
          resolve();
          await sitting;
        })
        .catch((error: unknown) => {
          const held = error instanceof DOMException && error.name === 'TimeoutError';
          reject(held ? new LatheError('usage', `Another tab is training the run ${runId}.`) : LatheError.from(error));
        });
    });
  }

  /** Goes on with every run that was cut off, here or, while another tab lives, when that tab dies. */
  async adopt(): Promise<void> {
    for (const run of await ownRuns(this.#database)) {
      if (run.status === 'running' && run.deleted_at === null) this.watch(run.id);
    }
  }

  /** Queues for a run's lock, to take the run over if it is still unfinished when the lock comes free. */
  watch(runId: string): void {
    if (this.#watched.has(runId) || this.#sittings.has(runId)) return;
    this.#watched.add(runId);
    void navigator.locks.request(lockName(runId), async () => {
      this.#watched.delete(runId);
      const run = await this.#database.get('runs', runId);
      // A run that a full disk paused would only meet the full disk again.
      if (this.#unsaved.has(runId)) return;
      if (run?.status !== 'running' || run.deleted_at !== null || this.#sittings.has(runId)) return;
      // A trial goes on with its study.
      if (run.trial !== null) return;
      this.#hub.emit({ type: 'resumed', run_id: runId, name: run.name, step: run.step });
      await this.#sit(runId, null, false);
    });
  }

  /** Whether the run trains in this tab. */
  trains(runId: string): boolean {
    return this.#sittings.has(runId);
  }

  /** A run's row as it should be: with the status that a full disk could not take. */
  amend(row: RunRow): RunRow {
    const unsaved = row.status === 'running' ? this.#unsaved.get(row.id) : undefined;
    return unsaved ? { ...row, ...unsaved } : row;
  }

  /** Asks the run, here or in another tab, to leave its trainer; resolves to whether anyone was there to ask. */
  async leave(runId: string, order: LeaveOrder): Promise<boolean> {
    const sitting = this.#sittings.get(runId);
    if (!sitting) return this.#hub.order({ noun: 'run', id: runId, order });
    await this.#order(sitting, order);
    return true;
  }

  /** Tells the trainer; one that is not there yet is told as it starts. */
  async #order(sitting: Sitting, order: LeaveOrder): Promise<void> {
    sitting.order = order;
    await sitting.trainer?.api.leave(order);
  }

  /** Resolves when the run has left its trainer in this tab; at once where it does not train here. */
  async departure(runId: string): Promise<Departure> {
    return (
      (await this.#sittings.get(runId)?.departure) ??
      this.#departures.get(runId) ?? { error: null, steps: 0, resumed_from: null }
    );
  }

  #checkpointAll(): void {
    for (const { trainer } of this.#sittings.values()) void trainer?.api.checkpoint();
  }

  #sit(runId: string, judge: RunJudge | null, alone: boolean): Promise<Departure> {
    const sitting: Sitting = {
      trainer: null,
      judge,
      alone,
      lookMs: Infinity,
      order: null,
      departure: Promise.resolve({ error: null, steps: 0, resumed_from: null }),
    };
    sitting.departure = this.#train(runId, sitting).finally(() => {
      this.#sittings.delete(runId);
      void this.#saveLater(runId);
      this.#hub.emit({ type: 'changed', noun: 'run', id: runId });
    });
    this.#sittings.set(runId, sitting);
    void sitting.departure.then((departure) => this.#departures.set(runId, departure));
    return sitting.departure;
  }

  /** Writes the status that a full disk could not take as soon as there is room. */
  async #saveLater(runId: string): Promise<void> {
    for (;;) {
      const unsaved = this.#unsaved.get(runId);
      if (!unsaved || this.#sittings.has(runId)) return;
      try {
        await updateRun(this.#database, runId, unsaved);
        this.#unsaved.delete(runId);
        this.#hub.emit({ type: 'changed', noun: 'run', id: runId });
        return;
      } catch (error) {
        if (LatheError.from(error).kind !== 'storage') return;
        await new Promise((resolve) => setTimeout(resolve, SAVE_AGAIN_MS));
      }
    }
  }

  /** Trains until the run leaves, with its group where it has one. */
  async #train(runId: string, sitting: Sitting): Promise<Departure> {
    let group: GroupSitting | null = null;
    try {
      const run = await getRun(this.#database, runId);
      sitting.lookMs = msBetweenLooks(run);
      if (run.group && !sitting.alone) group = await this.#sitInGroup(run);
    } catch (thrown) {
      // What keeps it from its room may be over by the time that somebody resumes it.
      const error = LatheError.from(thrown);
      await this.#fail(runId, error, 'paused');
      return { error: error.toJSON(), steps: 0, resumed_from: null };
    }
    try {
      return await this.#trainOnDevices(runId, sitting, group);
    } finally {
      await group?.end('It left the group.');
    }
  }

  /** Trains until the run leaves, over as many devices as it takes. */
  async #trainOnDevices(runId: string, sitting: Sitting, group: GroupSitting | null): Promise<Departure> {
    const total: Departure = { error: null, steps: 0, resumed_from: null };
    for (let lost = 0; ;) {
      const outcome = await this.#trainOnce(runId, sitting, total, group);
      total.steps += outcome.steps;
      if (outcome.kind === 'left') return { ...total, error: outcome.error };
      if (outcome.kind === 'rejoined') {
        await appendLog(this.#database, runId, 'info', `${outcome.reason} It goes on from where the others are.`);
        continue;
      }
      lost = outcome.steps > 0 ? 1 : lost + 1;
      const message = `The GPU was lost (${outcome.reason}).`;
      if (lost > MAX_LOST_DEVICES) {
        const error = new LatheError(
          'backend',
          `${message} It was lost ${lost} times without a step in between. Close other programs that use the GPU, then resume.`,
        );
        await this.#fail(runId, error);
        return { ...total, error: error.toJSON() };
      }
      await appendLog(
        this.#database,
        runId,
        'warning',
        `${message} Training goes on from the latest checkpoint on a new device.`,
      );
    }
  }

  async #trainOnce(runId: string, sitting: Sitting, total: Departure, group: GroupSitting | null): Promise<Outcome> {
    const ports = (await group?.trainer()) ?? null;
    const trainer = startTrainer();
    const { port1, port2 } = new MessageChannel();
    const sitter = { first: 0, last: 0, told: 0, looked: -Infinity };
    const meter = sitting.lookMs < Infinity ? new PageMeter(this.#hub, runId) : null;
    // With the trainer's events and no timer, which the browser slows down where the page is in the background.
    const look = (): void => {
      if (!meter || performance.now() - sitter.looked < sitting.lookMs) return;
      sitter.looked = performance.now();
      void trainer.api.hearPage(meter.look());
    };
    // The trainer writes the row now and then; lists and pages read it again as often.
    const changed = (): void => {
      sitter.told = performance.now();
      this.#hub.emit({ type: 'changed', noun: 'run', id: runId });
    };
    // The event, not the call's return, says that the run left: events and returns travel on different ports.
    const left = new Promise<Outcome>((resolve) => {
      port1.onmessage = ({ data: event }: MessageEvent<TrainingEvent>) => {
        this.#hub.emit(event);
        switch (event.type) {
          case 'started':
            sitter.first = sitter.last = event.step;
            total.resumed_from ??= event.resumed_from;
            look();
            changed();
            return;
          case 'progress':
            sitter.last = event.step;
            look();
            if (performance.now() - sitter.told >= CHANGED_MS) changed();
            return;
          case 'report':
            void this.#judge(sitting, event);
            return;
          case 'device_lost':
            resolve({ kind: 'lost', reason: event.reason, steps: sitter.last - sitter.first });
            return;
          case 'rejoined':
            resolve({ kind: 'rejoined', reason: event.reason, steps: sitter.last - sitter.first });
            return;
          case 'ended':
            if (event.error?.kind === 'storage') this.#hub.emit({ type: 'storage_full', full: true });
            resolve({ kind: 'left', error: event.error, steps: event.steps_this_process });
            return;
          default: // The rest only tells.
        }
      };
    });
    const options: TrainOptions = {
      backends: ['webgpu', 'webgl', 'cpu'],
      reports: sitting.judge?.metric ?? null,
      collective: ports?.collective ?? null,
      examples: ports?.examples ?? null,
    };
    const lines = ports ? [ports.collective, ports.examples] : [];
    const refused = Promise.resolve(trainer.api.train(runId, transfer(port2, [port2]), transfer(options, lines))).then(
      () => left,
    );
    sitting.trainer = trainer;
    if (sitting.order) void trainer.api.leave(sitting.order);
    const stopped = (what: string, reason: string): never => {
      throw new LatheError(
        'internal',
        `The ${what} stopped: ${reason}. Reload the page; the run goes on from its latest checkpoint.`,
      );
    };
    const broken = trainer.broken.then((reason) => stopped('training worker', reason));
    const cutOff = group ? [group.broken.then((reason) => stopped('worker of the group', reason))] : [];
    try {
      return await Promise.race([left, refused, broken, ...cutOff]);
    } catch (thrown) {
      const error = LatheError.from(thrown, 'training');
      // Who was waited for does not matter to a run that is to be cancelled.
      const cancelled = error.kind === 'group' && sitting.order === 'cancel';
      await this.#fail(runId, error, cancelled ? 'cancelled' : undefined);
      return { kind: 'left', error: error.toJSON(), steps: sitter.last - sitter.first };
    } finally {
      trainer.terminate();
      meter?.stop();
      sitting.trainer = null;
      port1.close();
    }
  }

  /** Has a trial's epoch judged. Where that fails the run pauses: its checkpoint is written, and it is judged again. */
  async #judge(
    { trainer, judge }: Sitting,
    { epoch, value, over }: Extract<TrainingEvent, { type: 'report' }>,
  ): Promise<void> {
    try {
      const reason = (await judge?.report(epoch, value)) ?? null;
      if (!over) await trainer?.api.verdict(reason);
    } catch {
      await trainer?.api.leave('pause');
      if (!over) await trainer?.api.verdict(null);
    }
  }

  /** Records that the run could not start or go on. */
  async #fail(
    runId: string,
    error: LatheError,
    status: RunRow['status'] = PASSING.includes(error.kind) ? 'paused' : 'failed',
  ): Promise<void> {
    const { message: reason } = error;
    this.#hub.emit({ run_id: runId, type: 'ended', status, reason, error: error.toJSON(), steps_this_process: 0 });
    try {
      const run = await getRun(this.#database, runId);
      if (run.status === 'running') await updateRun(this.#database, runId, { status, reason });
      await appendLog(this.#database, runId, 'error', reason);
    } catch (failure) {
      // Where the row cannot be written, `#saveLater` tries again.
      if (LatheError.from(failure).kind !== 'storage') throw failure;
    }
  }
}
