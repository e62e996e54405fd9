/**
 * Keeps studies going. A study that runs is held by a Web Lock in one tab; every other tab queues for that lock and, if it
 * gets it while the study is still unfinished, takes the study over: its tab was closed or crashed.
 */
import { deferred, type Deferred } from '../base/deferred';
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import { allStudies, getStudy } from '../store/studies';
import type { StudyRow, TrialParams, TrialRow } from '../store/study';
import type { OpenStudy } from '../sweeps/api';
import { Conductor, type StudyEnd } from '../sweeps/conductor';
import type { Executor } from '../sweeps/executor';
import type { EventHub, StudyOrder } from './events';
import { STUDY_LOCK_PREFIX } from './locks';
import type { SitInSearch, StudySitting } from './search-rooms';
import { startStudyWorker, type StudyWorker } from './workers';

/** How long to wait for a lock that another tab holds only for a moment. */
const LOCK_WAIT_MS = 2000;

const lockName = (id: string): string => `${STUDY_LOCK_PREFIX}${id}`;

/** A study conducted in this tab. */
interface Sitting {
  worker: StudyWorker;
  /** Once the study is open. */
  conductor: Conductor | null;
  /** An order that came before. */
  asked: 'pause' | 'stop' | null;
  end: Promise<StudyEnd>;
  /** Settles with that order. */
  interrupted: Deferred<undefined>;
}

/** Conducts studies in this tab and takes over those of tabs that died. */
export class StudySupervisor {
  readonly #database: Database;
  readonly #hub: EventHub;
  readonly #executor: Executor;
  readonly #sitInSearch: SitInSearch;
  readonly #sittings = new Map<string, Sitting>();
  readonly #ends = new Map<string, StudyEnd>();
  readonly #watched = new Set<string>();
  /** Studies whose end could not be written: taken over, they would only fail again. */
  readonly #unsaved = new Set<string>();

  constructor(database: Database, hub: EventHub, executor: Executor, sitInSearch: SitInSearch) {
    this.#database = database;
    this.#hub = hub;
    this.#executor = executor;
    this.#sitInSearch = sitInSearch;
    hub.onOrder((order) => order.noun === 'study' && this.#obey(order.id, order.order));
  }

  /**
   * Conducts a study in this tab. `prepare` runs once its lock is held; it writes the row with status `running`.
   * @throws LatheError of kind `usage` when another tab conducts it.
   */
  async launch(id: string, prepare: () => Promise<void>): Promise<void> {
    if (this.#sittings.has(id)) throw new LatheError('usage', `The study ${id} is running already.`);
    await new Promise<void>((resolve, reject) => {
      navigator.locks
        .request(lockName(id), { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, async () => {
          await prepare();
          this.#unsaved.delete(id);
          const sitting = this.#sit(id);
          resolve();
          await sitting;
        })
        .catch((error: unknown) => {
          const held = error instanceof DOMException && error.name === 'TimeoutError';
          reject(held ? new LatheError('usage', `Another tab runs the study ${id}.`) : LatheError.from(error));
        });
    });
  }

  /** Goes on with every study that was cut off, here or, while another tab lives, when that tab dies. */
  async adopt(): Promise<void> {
    for (const study of await allStudies(this.#database)) {
      if (study.status === 'running' && study.deleted_at === null) this.watch(study.id);
    }
  }

  /** Queues for a study's lock, to take the study over if it is still unfinished when the lock comes free. */
  watch(id: string): void {
    if (this.#watched.has(id) || this.#sittings.has(id) || this.#unsaved.has(id)) return;
    this.#watched.add(id);
    void navigator.locks.request(lockName(id), async () => {
      this.#watched.delete(id);
      const study = await this.#database.get('studies', id);
      if (study?.status !== 'running' || study.deleted_at !== null || this.#sittings.has(id)) return;
      await this.#sit(id);
    });
  }

  /** Tells the study, here or in another tab; resolves to whether anyone was there to tell. */
  async order(id: string, order: StudyOrder): Promise<boolean> {
    return this.#obey(id, order) || this.#hub.order({ noun: 'study', id, order });
  }

  /** Has a trial run next in a study that is conducted here; null where it is not. */
  async enqueue(id: string, params: TrialParams): Promise<TrialRow | null> {
    const sitting = this.#sittings.get(id);
    if (!sitting?.conductor) return null;
    const trial = await sitting.worker.api.enqueue(params);
    this.#tell(trial);
    return trial;
  }

  /** Resolves when the study has stopped running in this tab; at once where it does not run here. */
  async end(id: string): Promise<StudyEnd | null> {
    return (await this.#sittings.get(id)?.end) ?? this.#ends.get(id) ?? null;
  }

  #obey(id: string, order: StudyOrder): boolean {
    const sitting = this.#sittings.get(id);
    if (!sitting) return false;
    switch (order.kind) {
      case 'leave':
        sitting.asked = order.how;
        sitting.interrupted.resolve(undefined);
        sitting.conductor?.leave(order.how);
        return true;
      case 'prune':
        return sitting.conductor?.prune(order.number) ?? false;
      case 'enqueue':
        void this.enqueue(id, order.params);
        return true;
    }
  }

  #tell(trial: TrialRow): void {
    this.#hub.emit({ type: 'trial', study_id: trial.study_id, trial });
    this.#changed(trial.study_id);
  }

  #changed(id: string): void {
    this.#hub.emit({ type: 'changed', noun: 'study', id });
  }

  #sit(id: string): Promise<StudyEnd> {
    const worker = startStudyWorker();
    const sitting: Sitting = {
      worker,
      conductor: null,
      asked: null,
      end: Promise.resolve(NEVER_BEGAN),
      interrupted: deferred(),
    };
    sitting.end = this.#conduct(id, sitting).finally(() => {
      this.#sittings.delete(id);
      worker.terminate();
      this.#changed(id);
    });
    this.#sittings.set(id, sitting);
    void sitting.end.then((end) => this.#ends.set(id, end));
    return sitting.end;
  }

  async #conduct(id: string, sitting: Sitting): Promise<StudyEnd> {
    const { api } = sitting.worker;
    try {
      const open = await api.open(id);
      const study = await getStudy(this.#database, id);
      const end = await this.#conductIn(study, open, sitting);
      await api.change(end.status, end.reason);
      return end;
    } catch (thrown) {
      // The row stays as it is where it cannot be written: the study goes on when the page is opened again.
      this.#unsaved.add(id);
      return { status: 'paused', reason: LatheError.from(thrown).message };
    }
  }

  /** Conducts a study here alone, or in the room where others train trials of it. */
  async #conductIn(study: StudyRow, open: OpenStudy, sitting: Sitting): Promise<StudyEnd> {
    const { config, counts, group } = study;
    if (!config) throw new LatheError('usage', 'The study came from a file: it can be looked at, not run.');
    let place: StudySitting | null = null;
    let end: StudyEnd;
    try {
      if (group) {
        place = await this.#sitInSearch(study, this.#executor);
        const begun = counts.running + counts.complete + counts.pruned + counts.failed > 0;
        if (!begun) await Promise.race([place.gather(), sitting.interrupted.promise]);
      }
      const search = config.optimization.hyperparameter_search;
      const executor = place?.executor ?? this.#executor;
      const events = { trial: (trial: TrialRow) => this.#tell(trial) };
      const conductor = new Conductor(open, search, sitting.worker.api, executor, events);
      sitting.conductor = conductor;
      if (sitting.asked) conductor.leave(sitting.asked);
      end = await conductor.run();
    } catch (thrown) {
      // What keeps it from its room may be over by the time that somebody resumes it.
      end = { status: 'paused', reason: LatheError.from(thrown).message };
    }
    await place?.end(end.status, end.reason);
    return end;
  }
}

const NEVER_BEGAN: StudyEnd = { status: 'paused', reason: null };
