/**
 * Conducts a study: asks for trials, has them trained, passes on what they report and how they end, and stops when it is
 * enough. It trains and stores nothing itself: the study (`StudyApi`) and the executor do.
 */
import { LatheError } from '../base/errors';
import type { SearchConfig } from '../config/search/search';
import type { StudyRow, TrialRow, TrialWorker } from '../store/study';
import type { OpenStudy, StudyApi, TrialOrder } from './api';
import type { Executor, RunEnd } from './executor';
import { Slots, type Load } from './slots';
import { isBetter, type Outcome } from './study';

/** How a study was left. */
export interface StudyEnd {
  status: 'paused' | 'finished' | 'stopped' | 'failed';
  reason: string | null;
}

/** What a conductor tells. */
export interface ConductorEvents {
  trial(trial: TrialRow): void;
}

/**
 * How a trial was left; null: it stands as it is, to go on another time. `lost`: whoever trained it is gone, and it is to
 * begin anew.
 */
type TrialEnd = { outcome: Outcome | null; steps: number; lost?: boolean };

/** The calls of the study worker that a conductor needs; through a worker all of them give promises. */
export type Keeper = Pick<StudyApi, 'ask' | 'begin' | 'report' | 'tell'>;

/** Conducts one study. */
export class Conductor {
  readonly #keeper: Keeper;
  readonly #executor: Executor;
  readonly #events: ConductorEvents;
  readonly #study: StudyRow;
  readonly #search: SearchConfig;
  /** Trials that began and that nobody trains, by number: they go before new ones. */
  readonly #waiting: TrialOrder[];
  /** Trials that others trained, or began to. */
  readonly #wandered = new Set<number>();
  readonly #slots: Slots;
  /** Runs that train now, by trial. */
  readonly #runs = new Map<number, string>();
  readonly #active = new Map<number, Promise<void>>();
  readonly #startedAt = performance.now();
  #end: StudyEnd | null = null;

  constructor(
    { study, running }: OpenStudy,
    search: SearchConfig,
    keeper: Keeper,
    executor: Executor,
    events: ConductorEvents,
  ) {
    this.#study = study;
    this.#search = search;
    this.#waiting = [...running];
    this.#keeper = keeper;
    this.#executor = executor;
    this.#events = events;
    this.#slots = new Slots(search.n_jobs);
  }

  /** Runs trials until the study ends or is told to leave. Whatever goes wrong ends in the result, nothing is thrown. */
  async run(): Promise<StudyEnd> {
    let asked: StudyEnd | null = null;
    for (;;) {
      // Before anything is waited for: what changes meanwhile is not missed.
      const { change } = this.#executor.elsewhere();
      this.#slots.look(this.#load());
      while (!this.#end && this.#active.size < this.#slots.open + this.#executor.elsewhere().slots) {
        const waiting = this.#waiting.shift();
        if (waiting) this.#start(waiting);
        else if (asked) break;
        else if (this.#outOfTime()) asked = { status: 'finished', reason: 'Its time is up.' };
        else if (!(await this.#next())) asked = { status: 'finished', reason: null };
      }
      if (this.#active.size === 0) break;
      await Promise.race([...this.#active.values(), this.#slots.tick(), change]);
    }
    await this.#endWaiting();
    return this.#end ?? asked ?? { status: 'finished', reason: null };
  }

  /** Has the study leave. Running trials write a checkpoint (`pause`) or end as pruned (`stop`). */
  leave(order: 'pause' | 'stop', reason: string | null = null): void {
    this.#end ??= { status: order === 'pause' ? 'paused' : 'stopped', reason };
    for (const runId of this.#runs.values()) void this.#executor.leave(runId, order === 'pause' ? 'pause' : 'prune');
  }

  /** Ends one trial as pruned. @returns False where it does not run. */
  prune(number: number): boolean {
    const runId = this.#runs.get(number);
    if (runId !== undefined) void this.#executor.leave(runId, 'prune');
    return runId !== undefined;
  }

  async #next(): Promise<boolean> {
    try {
      const order = await this.#keeper.ask();
      if (!order) return false;
      this.#events.trial(order.trial);
      this.#start(order);
    } catch (error) {
      this.#giveUp(error);
    }
    return true;
  }

  #start(order: TrialOrder): void {
    const { number } = order.trial;
    const going = this.#conduct(order)
      .catch((error: unknown) => this.#giveUp(error))
      .finally(() => {
        this.#active.delete(number);
        this.#runs.delete(number);
      });
    this.#active.set(number, going);
  }

  async #conduct(order: TrialOrder): Promise<void> {
    const { number } = order.trial;
    const { outcome, steps, lost } = await this.#train(order);
    if (lost) {
      this.#waiting.push(order);
      this.#waiting.sort((a, b) => a.trial.number - b.trial.number);
    }
    if (!outcome) return;
    const trial = await this.#keeper.tell(number, outcome, steps);
    this.#events.trial(trial);
    this.#checkTarget(trial);
  }

  /** Trains the runs of a trial one after another. */
  async #train({ trial, configs }: TrialOrder): Promise<TrialEnd> {
    const { number } = trial;
    const { objectives, dataset_id } = this.#study;
    const folded = configs.length > 1;
    const values: number[][] = [];
    let steps = 0;
    for (const [fold, config] of configs.entries()) {
      if (this.#end) return { outcome: this.#left(), steps };
      const run_id = trial.run_ids[fold];
      this.#runs.set(number, run_id);
      const report = folded || objectives.length > 1 ? null : this.#reporter(number);
      const { value } = this.#search;
      const end = await this.#executor.train({
        study_id: this.#study.id,
        trial: number,
        run_id,
        config,
        dataset_id: dataset_id ?? '',
        objectives,
        value,
        report,
        begin: (worker) => this.#begin(trial, worker, report !== null),
      });
      steps += end.steps;
      if (end.kind === 'lost') return { outcome: null, steps, lost: true };
      if (end.kind !== 'complete') return { outcome: this.#unfinished(end), steps };
      values.push(end.values);
      if (!folded) continue;
      const prune = await this.#report(number, fold + 1, end.values[0]);
      if (prune !== null && fold < configs.length - 1) return { outcome: { state: 'pruned', reason: prune }, steps };
    }
    const mean = objectives.map((_, i) => values.reduce((sum, row) => sum + row[i], 0) / values.length);
    return { outcome: { state: 'complete', values: mean }, steps };
  }

  #reporter(number: number): (epoch: number, value: number) => Promise<string | null> {
    return (epoch, value) => this.#report(number, epoch, value);
  }

  async #report(number: number, step: number, value: number): Promise<string | null> {
    const { trial, prune } = await this.#keeper.report(number, step, value);
    this.#events.trial(trial);
    return prune;
  }

  /** @param anew The trial is one run: what that reported before does not count. */
  async #begin({ number, worker: before }: TrialRow, worker: TrialWorker | null, anew: boolean): Promise<void> {
    if (!worker && !before && !this.#wandered.has(number)) return;
    this.#wandered.add(number);
    this.#events.trial(await this.#keeper.begin(number, worker, anew));
  }

  /** Trials that nobody trains when the study is left: they go on with it, or end with it. */
  async #endWaiting(): Promise<void> {
    const outcome = this.#left();
    if (!outcome) return;
    for (const { trial } of this.#waiting.splice(0)) {
      try {
        this.#events.trial(await this.#keeper.tell(trial.number, outcome, 0));
      } catch (error) {
        this.#giveUp(error);
      }
    }
  }

  /** The outcome of a trial whose run did not complete. */
  #unfinished(end: Exclude<RunEnd, { kind: 'complete' | 'lost' }>): Outcome | null {
    switch (end.kind) {
      case 'pruned':
        return { state: 'pruned', reason: end.reason };
      case 'failed':
        return { state: 'failed', reason: end.reason };
      case 'paused':
        this.leave('pause', end.reason);
        return null;
      case 'impossible':
        this.#end ??= { status: 'failed', reason: end.reason };
        return { state: 'failed', reason: end.reason };
    }
  }

  /** Of a trial that would go on when the study is left. */
  #left(): Outcome | null {
    return this.#end?.status === 'paused' ? null : { state: 'pruned', reason: 'The study was stopped.' };
  }

  #checkTarget(trial: TrialRow): void {
    const { target } = this.#search;
    const [objective] = this.#study.objectives;
    if (target === null || trial.state !== 'complete' || !trial.values || this.#end) return;
    const [value] = trial.values;
    if (value !== target && !isBetter(objective.direction, value, target)) return;
    this.leave('stop');
    this.#end = {
      status: 'finished',
      reason: `Trial ${trial.number} reached the target: ${objective.metric} ${value.toPrecision(4)}.`,
    };
  }

  #outOfTime(): boolean {
    const { timeout_minutes } = this.#search;
    const seconds = this.#study.seconds + (performance.now() - this.#startedAt) / 1000;
    return timeout_minutes !== null && seconds >= timeout_minutes * 60;
  }

  /** What the slots decide by. */
  #load(): Load {
    const { runs } = this.#executor.elsewhere();
    const here = [...this.#runs.values()].filter((runId) => !runs.has(runId));
    return {
      speeds: here.map((runId) => this.#executor.speed(runId)),
      ...this.#executor.memory(),
    };
  }

  /** Something outside of the trials went wrong, most likely the store: what runs is kept as it is. */
  #giveUp(thrown: unknown): void {
    this.leave('pause', LatheError.from(thrown).message);
  }
}
