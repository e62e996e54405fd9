/**
 * A study in memory: which trial comes next, whether one goes on, which is best. It trains nothing and stores nothing; what
 * it answers is a function of its settings and its trials alone, so that a study read back from the store goes on as if
 * nothing had happened.
 */
import type { Direction } from '../config/search/search';
import type { TrialParams, TrialRow, TrialState, TrialWorker } from '../store/study';
import type { Pruner } from './pruners/pruner';
import type { Sampler, StudyView } from './samplers/sampler';
import type { Space } from './space/space';

/** What a study is made of. */
export interface StudySettings {
  id: string;
  name: string;
  seed: number;
  directions: readonly Direction[];
  space: Space;
  sampler: Sampler;
  pruner: Pruner;
  /** Trials in all; null: as many as the sampler has. */
  nTrials: number | null;
  /** Steps (epochs or folds) of a trial that nothing ends early. */
  maxResource: number;
}

/** How a trial ended. */
export type Outcome =
  | { state: 'complete'; values: number[]; violation?: number }
  | { state: 'pruned'; reason: string }
  | { state: 'failed'; reason: string };

/** Whether `a` is better than `b`. NaN is never better, and everything is better than NaN. */
export function isBetter(direction: Direction, a: number, b: number): boolean {
  if (Number.isNaN(a)) return false;
  if (Number.isNaN(b)) return true;
  return direction === 'minimize' ? a < b : a > b;
}

/** A study. */
export class Study {
  readonly #settings: StudySettings;
  readonly #trials: TrialRow[];
  /** Trials of the study that this one learns from. */
  readonly #warm: readonly TrialRow[];

  /** @param trials By number, without gaps; they are not changed, those that change are replaced. */
  constructor(settings: StudySettings, trials: readonly TrialRow[] = [], warm: readonly TrialRow[] = []) {
    this.#settings = settings;
    this.#trials = [...trials];
    this.#warm = warm;
  }

  /** All trials, by number. */
  get trials(): readonly TrialRow[] {
    return this.#trials;
  }

  /** The study as samplers and pruners see it. */
  get view(): StudyView {
    const { name, seed, directions, space, maxResource } = this.#settings;
    return { name, seed, directions, space, trials: [...this.#warm, ...this.#trials], maxResource };
  }

  /**
   * Starts the next trial: one that was enqueued, or one that the sampler chooses.
   * @returns Null when there are enough trials, or everything was tried.
   */
  ask(now: number): TrialRow | null {
    const { nTrials, sampler } = this.#settings;
    const waiting = this.#trials.find(({ state }) => state === 'waiting');
    if (!waiting && nTrials !== null && this.#trials.length >= nTrials) return null;
    const number = waiting?.number ?? this.#trials.length;
    const suggestion = sampler.suggest(this.view, number, waiting?.params ?? {});
    if (!suggestion) return null;
    const trial: TrialRow = {
      ...(waiting ?? waitingTrial(this.#settings.id, number, {})),
      state: 'running',
      params: suggestion.params,
      attributes: suggestion.attributes ?? {},
      started: now,
    };
    this.#trials[number] = trial;
    return trial;
  }

  /** Has a trial with these values run before any that the sampler chooses. */
  enqueue(params: TrialParams): TrialRow {
    const trial = waitingTrial(this.#settings.id, this.#trials.length, params);
    this.#trials.push(trial);
    return trial;
  }

  /**
   * A run of a trial begins from its beginning, at another browser or here (null). `anew`: what an earlier attempt reported
   * is forgotten. The row stays the same object where nothing changes.
   */
  begin(number: number, worker: TrialWorker | null, anew: boolean): TrialRow {
    const trial = this.#running(number);
    const reported = anew && trial.intermediate.steps.length > 0;
    if (!reported && (trial.worker ?? null) === worker) return trial;
    const begun: TrialRow = { ...trial, ...(reported && { intermediate: { steps: [], values: [] } }) };
    delete begun.worker;
    if (worker) begun.worker = worker;
    this.#trials[number] = begun;
    return begun;
  }

  /**
   * Takes an intermediate value of a running trial; a value reported again for a step replaces the first.
   * @returns Why the trial should end now, or null: it goes on.
   */
  report(number: number, step: number, value: number): string | null {
    const trial = this.#running(number);
    const { steps, values } = trial.intermediate;
    const before = steps.filter((earlier) => earlier < step).length;
    const reported: TrialRow = {
      ...trial,
      intermediate: { steps: [...steps.slice(0, before), step], values: [...values.slice(0, before), value] },
    };
    this.#trials[number] = reported;
    // Several objectives have no single value to judge by.
    return this.#settings.directions.length > 1 ? null : this.#settings.pruner.prune(this.view, reported);
  }

  /** Ends a running trial. An objective that is no number makes it a failed one. */
  tell(number: number, outcome: Outcome, now: number): TrialRow {
    const trial = this.#running(number);
    const ended: TrialRow = { ...trial, ...settled(trial, outcome), ended: now };
    this.#trials[number] = ended;
    return ended;
  }

  /** Changes what is noted of a trial beside its course: its runs, its steps. */
  note(number: number, change: Partial<Pick<TrialRow, 'run_ids' | 'steps' | 'attributes'>>): TrialRow {
    const noted = { ...this.#trials[number], ...change };
    this.#trials[number] = noted;
    return noted;
  }

  /** The best trial that is complete and meets its constraints, by the first objective; of equals the first. */
  get best(): TrialRow | null {
    const [direction] = this.#settings.directions;
    let best: TrialRow | null = null;
    for (const trial of this.#trials) {
      if (trial.state !== 'complete' || trial.violation > 0 || !trial.values) continue;
      if (!best?.values || isBetter(direction, trial.values[0], best.values[0])) best = trial;
    }
    return best;
  }

  /** How many trials are in each state. */
  get counts(): Record<TrialState, number> {
    const counts: Record<TrialState, number> = { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 };
    for (const { state } of this.#trials) counts[state]++;
    return counts;
  }

  #running(number: number): TrialRow {
    const trial = this.#trials.at(number);
    if (trial?.state !== 'running') throw new Error(`The trial ${number} is not running.`);
    return trial;
  }
}

/** A trial that is to run with these values of some or all parameters. */
export function waitingTrial(studyId: string, number: number, params: TrialParams): TrialRow {
  return {
    study_id: studyId,
    number,
    state: 'waiting',
    reason: null,
    params,
    values: null,
    intermediate: { steps: [], values: [] },
    violation: 0,
    attributes: {},
    run_ids: [],
    steps: 0,
    started: null,
    ended: null,
  };
}

function settled(trial: TrialRow, outcome: Outcome): Partial<TrialRow> {
  switch (outcome.state) {
    case 'complete': {
      if (outcome.values.some((value) => Number.isNaN(value))) {
        return { state: 'failed', reason: 'Its objective is no number.' };
      }
      return { state: 'complete', values: outcome.values, violation: outcome.violation ?? 0 };
    }
    case 'pruned': {
      const last = trial.intermediate.values.at(-1);
      return { state: 'pruned', reason: outcome.reason, values: last === undefined ? null : [last] };
    }
    case 'failed':
      return { state: 'failed', reason: outcome.reason };
  }
}
