import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import type { SearchConfig } from '../../../src/config/search/search';
import type { StudyRow, TrialRow } from '../../../src/store/study';
import type { OpenStudy, TrialOrder } from '../../../src/sweeps/api';
import { Conductor, type Keeper, type StudyEnd } from '../../../src/sweeps/conductor';
import type { Elsewhere, Executor, RunEnd, RunOrder } from '../../../src/sweeps/executor';
import { noPruner } from '../../../src/sweeps/pruners/none';
import type { Pruner } from '../../../src/sweeps/pruners/pruner';
import { randomSampler } from '../../../src/sweeps/samplers/random';
import { Space } from '../../../src/sweeps/space/space';
import { Study } from '../../../src/sweeps/study';

const CONFIG = parseConfig({});

const STUDY: StudyRow = {
  id: 's',
  name: 'study',
  created: 0,
  updated: 0,
  deleted_at: null,
  status: 'running',
  reason: null,
  config: CONFIG,
  config_hash: null,
  dataset_id: 'd',
  dataset_name: 'data',
  dataset_hash: null,
  objectives: [{ metric: 'val_loss', direction: 'minimize' }],
  space: {},
  warm_start: null,
  notes: '',
  tags: [],
  counts: { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 },
  best: null,
  seconds: 0,
  steps: 0,
  notices: [],
};

const search = (change: Partial<SearchConfig> = {}): SearchConfig => ({
  ...CONFIG.optimization.hyperparameter_search,
  ...change,
});

/** A study in memory, as the worker keeps it. */
function keeperOf(study: Study, folds = 1): Keeper {
  const order = (trial: TrialRow): TrialOrder => ({ trial, configs: Array.from({ length: folds }, () => CONFIG) });
  return {
    ask: async () => {
      const asked = study.ask(0);
      if (!asked) return null;
      const run_ids = Array.from({ length: folds }, (_, fold) => `${asked.number}.${fold}`);
      return order(study.note(asked.number, { run_ids }));
    },
    begin: async (number, worker, anew) => study.begin(number, worker, anew),
    report: async (number, step, value) => {
      const prune = study.report(number, step, value);
      return { trial: study.trials[number], prune };
    },
    tell: async (number, outcome, steps) => {
      study.note(number, { steps });
      return study.tell(number, outcome, 1);
    },
  };
}

/** Trains nothing: a run's values are what `course` says, epoch by epoch. */
class Pretender implements Executor {
  running = 0;
  most = 0;
  readonly trained: string[] = [];
  readonly #orders = new Map<string, 'pause' | 'prune'>();
  readonly #course: (order: RunOrder) => number[] | RunEnd;

  constructor(course: (order: RunOrder) => number[] | RunEnd) {
    this.#course = course;
  }

  async train(order: RunOrder): Promise<RunEnd> {
    this.trained.push(order.run_id);
    this.most = Math.max(this.most, ++this.running);
    try {
      const course = this.#course(order);
      if (!Array.isArray(course)) return course;
      for (const [i, value] of course.entries()) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const asked = this.#orders.get(order.run_id);
        if (asked === 'pause') return { kind: 'paused', reason: null, steps: i };
        if (asked === 'prune') return { kind: 'pruned', reason: 'It was ended by hand.', steps: i };
        const prune = (await order.report?.(i + 1, value)) ?? null;
        if (prune !== null && i < course.length - 1) return { kind: 'pruned', reason: prune, steps: i + 1 };
      }
      return { kind: 'complete', values: [Math.min(...course)], steps: course.length };
    } finally {
      this.running--;
    }
  }

  async leave(runId: string, how: 'pause' | 'prune'): Promise<void> {
    this.#orders.set(runId, how);
  }

  elsewhere = (): Elsewhere => ({ slots: 0, runs: new Set(), change: new Promise(() => undefined) });
  speed = (): number | null => 100;
  memory = (): { held: number; limit: number | null } => ({ held: 0, limit: null });
}

/** Ends what is above 1. */
const strict: Pruner = {
  prune: (_study, trial) => ((trial.intermediate.values.at(-1) ?? 0) > 1 ? 'It is above 1.' : null),
};

describe('a conductor', () => {
  let told: TrialRow[];
  beforeEach(() => (told = []));

  const studyOf = (nTrials: number, pruner: Pruner = noPruner(), trials: readonly TrialRow[] = []): Study =>
    new Study(
      {
        id: 's',
        name: 'study',
        seed: 1,
        directions: ['minimize'],
        space: new Space({ x: { type: 'float', low: 0, high: 1, log: false, step: null, when: null } }),
        sampler: randomSampler(),
        pruner,
        nTrials,
        maxResource: 3,
      },
      trials,
    );

  const conduct = (
    study: Study,
    executor: Executor,
    settings: Partial<SearchConfig> = {},
    running: OpenStudy['running'] = [],
    folds = 1,
  ): Conductor =>
    new Conductor({ study: STUDY, running }, search(settings), keeperOf(study, folds), executor, {
      trial: (trial) => told.push(trial),
    });

  it('has all trials trained one after another, and tells how each goes', async () => {
    const study = studyOf(4);
    const executor = new Pretender(({ trial }) => [3, 2, trial]);
    expect(await conduct(study, executor).run()).toEqual({ status: 'finished', reason: null });
    expect(study.counts).toMatchObject({ complete: 4, running: 0 });
    expect(study.best?.number).toBe(0);
    expect(executor.most).toBe(1);
    expect(study.trials.map(({ steps }) => steps)).toEqual([3, 3, 3, 3]);
    expect(told.map(({ number, state }) => `${number} ${state}`).slice(0, 5)).toEqual([
      '0 running',
      '0 running',
      '0 running',
      '0 running',
      '0 complete',
    ]);
  });

  it('runs as many trials at once as it may', async () => {
    const executor = new Pretender(() => [1, 1, 1]);
    await conduct(studyOf(7), executor, { n_jobs: 3 }).run();
    expect(executor.most).toBe(3);
    expect(executor.trained).toHaveLength(7);
  });

  it('ends a trial that its pruner condemns, and goes on', async () => {
    const study = studyOf(3, strict);
    await conduct(study, new Pretender(({ trial }) => (trial === 1 ? [0.5, 2, 0.1] : [0.5, 0.4, 0.3]))).run();
    expect(study.trials.map(({ state }) => state)).toEqual(['complete', 'pruned', 'complete']);
    expect(study.trials[1]).toMatchObject({ reason: 'It is above 1.', steps: 2, values: [2] });
  });

  it('records a trial that fails, and goes on', async () => {
    const study = studyOf(3);
    const executor = new Pretender(({ trial }) =>
      trial === 0 ? { kind: 'failed', reason: 'The loss is NaN.', steps: 5 } : [1],
    );
    expect(await conduct(study, executor).run()).toEqual({ status: 'finished', reason: null });
    expect(study.trials[0]).toMatchObject({ state: 'failed', reason: 'The loss is NaN.', steps: 5 });
    expect(study.counts.complete).toBe(2);
  });

  it('fails where no trial could ever be trained', async () => {
    const study = studyOf(3);
    const executor = new Pretender(() => ({ kind: 'impossible', reason: 'The dataset is gone.', steps: 0 }));
    expect(await conduct(study, executor).run()).toEqual({ status: 'failed', reason: 'The dataset is gone.' });
    expect(study.trials).toHaveLength(1);
  });

  it('pauses with the trial as it stands, which goes on the next time', async () => {
    const study = studyOf(2);
    const executor = new Pretender(() => Array.from({ length: 50 }, () => 1));
    const conductor = conduct(study, executor);
    const end = conductor.run();
    await new Promise((resolve) => setTimeout(resolve, 10));
    conductor.leave('pause');
    expect(await end).toEqual({ status: 'paused', reason: null });
    expect(study.trials.map(({ state }) => state)).toEqual(['running']);

    const again = studyOf(2, noPruner(), study.trials);
    const resumed = new Pretender(() => [1]);
    await conduct(again, resumed, {}, [{ trial: again.trials[0], configs: [CONFIG] }]).run();
    expect(resumed.trained).toEqual(['0.0', '1.0']);
    expect(again.counts.complete).toBe(2);
  });

  it('stops with the running trial pruned', async () => {
    const study = studyOf(5);
    const conductor = conduct(study, new Pretender(() => Array.from({ length: 500 }, () => 1)));
    const end = conductor.run();
    await new Promise((resolve) => setTimeout(resolve, 10));
    conductor.leave('stop');
    expect(await end).toMatchObject({ status: 'stopped' });
    expect(study.trials.map(({ state }) => state)).toEqual(['pruned']);
  });

  it('ends one trial that is pruned by hand', async () => {
    const study = studyOf(2);
    const conductor = conduct(
      study,
      new Pretender(({ trial }) => Array.from({ length: trial === 0 ? 500 : 2 }, () => 1)),
    );
    const end = conductor.run();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(conductor.prune(1)).toBe(false);
    expect(conductor.prune(0)).toBe(true);
    await end;
    expect(study.trials.map(({ state }) => state)).toEqual(['pruned', 'complete']);
  });

  it('ends when a trial reaches the target', async () => {
    const study = studyOf(9);
    const end: StudyEnd = await conduct(study, new Pretender(({ trial }) => [1 - trial / 10]), { target: 0.8 }).run();
    expect(end).toEqual({ status: 'finished', reason: 'Trial 2 reached the target: val_loss 0.8000.' });
    expect(study.trials).toHaveLength(3);
  });

  it('begins no trial when the time is up', async () => {
    const study = studyOf(1000);
    const end = await conduct(study, new Pretender(() => [1, 1]), { timeout_minutes: 0.02 / 60 }).run();
    expect(end).toEqual({ status: 'finished', reason: 'Its time is up.' });
    expect(study.trials.length).toBeGreaterThan(0);
    expect(study.counts.running).toBe(0);
  });

  it('takes the mean over folds, reports fold by fold, and prunes between them', async () => {
    const study = studyOf(2, strict);
    const executor = new Pretender(({ trial, run_id }) => [trial === 0 ? Number(run_id.split('.')[1]) / 4 : 2]);
    await conduct(study, executor, { folds: 3 }, [], 3).run();
    expect(study.trials[0]).toMatchObject({
      state: 'complete',
      values: [0.25],
      steps: 3,
      intermediate: { steps: [1, 2, 3], values: [0, 0.25, 0.5] },
    });
    expect(study.trials[1]).toMatchObject({ state: 'pruned', steps: 1 });
    expect(executor.trained).toEqual(['0.0', '0.1', '0.2', '1.0']);
  });

  it('pauses, and says why, where its study cannot be written', async () => {
    const study = studyOf(3);
    const keeper = keeperOf(study);
    const conductor = new Conductor(
      { study: STUDY, running: [] },
      search(),
      { ...keeper, tell: () => Promise.reject(new Error('The disk is full.')) },
      new Pretender(() => [1]),
      { trial: () => undefined },
    );
    expect(await conductor.run()).toEqual({ status: 'paused', reason: 'The disk is full.' });
    expect(study.counts.running).toBe(1);
  });

  it('gives trials that are lost to the next who has room, before new ones, and ends with none of them left', async () => {
    const study = studyOf(3);
    let losses = 2;
    const executor = new Pretender(({ trial }) =>
      trial === 0 && losses-- > 0 ? { kind: 'lost', steps: 0 } : [3, 2, trial],
    );
    expect(await conduct(study, executor).run()).toEqual({ status: 'finished', reason: null });
    expect(executor.trained.slice(0, 3)).toEqual(['0.0', '0.0', '0.0']);
    expect(study.counts).toMatchObject({ complete: 3, running: 0 });

    const stopped = studyOf(3);
    const conductor: Conductor = conduct(
      stopped,
      new Pretender(() => {
        conductor.leave('stop');
        return { kind: 'lost', steps: 0 };
      }),
    );
    expect(await conductor.run()).toMatchObject({ status: 'stopped' });
    expect(stopped.counts).toMatchObject({ pruned: 1, running: 0 });
  });

  it('has as many trained at once as there are slots here and elsewhere', async () => {
    const study = studyOf(8);
    const executor = new Pretender(() => [3, 2, 1]);
    let open = (): void => undefined;
    let elsewhere: Elsewhere = {
      slots: 0,
      runs: new Set(),
      change: new Promise((resolve) => (open = resolve)),
    };
    executor.elsewhere = () => elsewhere;
    const run = conduct(study, executor, { n_jobs: 2 }).run();
    elsewhere = { slots: 3, runs: new Set(), change: new Promise(() => undefined) };
    open();
    await run;
    expect(executor.most).toBe(5);
  });
});
