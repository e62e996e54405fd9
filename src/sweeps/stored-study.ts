/** A study with its rows in the store: whatever changes is written before it is answered. */
import { newId } from '../base/ids';
import { trialConfig } from '../config/search/apply';
import type { RunConfig } from '../config/schema';
import type { Database } from '../store/database';
import { getStudy, readTrials, updateStudy } from '../store/studies';
import type { StudyRow, StudyStatus, TrialParams, TrialRow, TrialWorker } from '../store/study';
import type { OpenStudy, TrialOrder } from './api';
import { configOf, settingsOf } from './settings';
import { checkParams } from './space/check-params';
import { Space } from './space/space';
import { Study, type Outcome } from './study';

/** An open study. */
export class StoredStudy {
  readonly #database: Database;
  readonly #study: Study;
  readonly #row: StudyRow;
  readonly #config: RunConfig;
  readonly #openedAt = performance.now();

  private constructor(database: Database, row: StudyRow, trials: TrialRow[], warm: TrialRow[]) {
    this.#database = database;
    this.#row = row;
    this.#config = configOf(row);
    this.#study = new Study(settingsOf(row), trials, warm);
  }

  /** Reads the study `id`. @throws LatheError: there is none, or it cannot run here */
  static async open(database: Database, id: string): Promise<StoredStudy> {
    const row = await getStudy(database, id);
    const warm = row.warm_start ? await learntFrom(database, row, row.warm_start.study_id) : [];
    return new StoredStudy(database, row, await readTrials(database, id), warm);
  }

  /** The study, and the trials that were running when it was left. */
  opened(): OpenStudy {
    const running = this.#study.trials.filter(({ state }) => state === 'running');
    return { study: this.#row, running: running.map((trial) => this.#order(trial)) };
  }

  /** See `StudyApi.ask`. */
  async ask(): Promise<TrialOrder | null> {
    const asked = this.#study.ask(Date.now());
    if (!asked) return null;
    const { folds } = this.#config.optimization.hyperparameter_search;
    const trial = this.#study.note(asked.number, { run_ids: Array.from({ length: folds ?? 1 }, () => newId()) });
    await this.#store([trial]);
    return this.#order(trial);
  }

  /** See `StudyApi.begin`. */
  async begin(number: number, worker: TrialWorker | null, anew: boolean): Promise<TrialRow> {
    const before = this.#study.trials[number];
    const trial = this.#study.begin(number, worker, anew);
    if (trial !== before) await this.#store([trial]);
    return trial;
  }

  /** See `StudyApi.report`. */
  async report(number: number, step: number, value: number): Promise<{ trial: TrialRow; prune: string | null }> {
    const prune = this.#study.report(number, step, value);
    const trial = this.#study.trials[number];
    await this.#store([trial]);
    return { trial, prune };
  }

  /** See `StudyApi.tell`. */
  async tell(number: number, outcome: Outcome, steps: number): Promise<TrialRow> {
    this.#study.note(number, { steps });
    const trial = this.#study.tell(number, outcome, Date.now());
    await this.#store([trial]);
    return trial;
  }

  /** See `StudyApi.enqueue`. */
  async enqueue(params: TrialParams): Promise<TrialRow> {
    checkParams(this.#study.view.space, params);
    const trial = this.#study.enqueue(params);
    await this.#store([trial]);
    return trial;
  }

  /** See `StudyApi.change`. */
  change(status: StudyStatus, reason: string | null): Promise<StudyRow> {
    return this.#store([], { status, reason });
  }

  #store(trials: TrialRow[], change: Partial<StudyRow> = {}): Promise<StudyRow> {
    const { best, counts, trials: all } = this.#study;
    const several = this.#row.objectives.length > 1;
    return updateStudy(
      this.#database,
      this.#row.id,
      {
        counts,
        best: best?.values && !several ? { number: best.number, values: best.values, params: best.params } : null,
        steps: all.reduce((sum, { steps }) => sum + steps, 0),
        seconds: this.#row.seconds + (performance.now() - this.#openedAt) / 1000,
        ...change,
      },
      trials,
    );
  }

  #order(trial: TrialRow): TrialOrder {
    const config = trialConfig(trainedAlone(this.#config), trial.params);
    const name = `${this.#row.name}-${trial.number}`;
    const { folds } = this.#config.optimization.hyperparameter_search;
    if (folds === null) return { trial, configs: [{ ...config, name }] };
    return {
      trial,
      configs: Array.from({ length: folds }, (_, index) => ({
        ...config,
        name: `${name}-fold-${index + 1}`,
        data: { ...config.data, split: { ...config.data.split, fold: { index, of: folds } } },
      })),
    };
  }
}

/** A config of runs that one browser trains by itself: of a search, others train whole trials. */
function trainedAlone(config: RunConfig): RunConfig {
  const { training } = config;
  return { ...config, training: { ...training, distributed: { ...training.distributed, enabled: false, room: null } } };
}

/**
 * Trials of another study that this one can learn from: ended, by the same objectives, with values that are searched here.
 * They stand before the study's own, with negative numbers.
 */
async function learntFrom(database: Database, study: StudyRow, other: string): Promise<TrialRow[]> {
  const source = await getStudy(database, other);
  if (JSON.stringify(source.objectives) !== JSON.stringify(study.objectives)) return [];
  const space = new Space(study.space);
  const known = (params: TrialParams): TrialParams =>
    Object.fromEntries(Object.entries(params).filter(([key]) => space.get(key)));
  const ended = (await readTrials(database, other))
    .filter(({ state }) => state !== 'running' && state !== 'waiting')
    .map((trial) => ({ ...trial, params: known(trial.params), attributes: {} }))
    .filter(({ params }) => space.contains(params));
  return ended.map((trial, i) => ({ ...trial, number: i - ended.length }));
}
