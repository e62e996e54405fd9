import { beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { objectivesOf } from '../../../src/config/search/search';
import type { RunConfigInput } from '../../../src/config/schema';
import type { Database } from '../../../src/store/database';
import { getStudy, putStudy, readTrials } from '../../../src/store/studies';
import type { StudyRow } from '../../../src/store/study';
import type { StudyApi } from '../../../src/sweeps/api';
import { createKeeper } from '../../../src/sweeps/keeper';
import { freshDatabase } from '../training/fixture';

type Search = NonNullable<NonNullable<RunConfigInput['optimization']>['hyperparameter_search']>;

function studyRow(id: string, change: Search = {}, row: Partial<StudyRow> = {}): StudyRow {
  const config = parseConfig({
    name: 'study',
    training: { epochs: 3 },
    optimization: {
      hyperparameter_search: {
        enabled: true,
        sampler: 'random',
        n_trials: 3,
        search_space: {
          'training.optimizer.learning_rate': { type: 'float', low: 1e-4, high: 1, log: true },
          'model.hidden.0': { type: 'int', low: 2, high: 9 },
        },
        ...change,
      },
    },
  });
  const search = config.optimization.hyperparameter_search;
  return {
    id,
    name: 'study',
    created: 1,
    updated: 1,
    deleted_at: null,
    status: 'running',
    reason: null,
    config,
    config_hash: 'c',
    dataset_id: 'd',
    dataset_name: 'data',
    dataset_hash: 'h',
    objectives: objectivesOf(search),
    space: search.search_space,
    warm_start: null,
    notes: '',
    tags: [],
    counts: { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 },
    best: null,
    seconds: 0,
    steps: 0,
    notices: [],
    ...row,
  };
}

describe('the keeper of a study', () => {
  let database: Database;
  let keeper: StudyApi;

  beforeEach(async () => {
    database = await freshDatabase();
    keeper = createKeeper(() => Promise.resolve(database));
  });

  const open = async (row: StudyRow): Promise<void> => {
    await putStudy(database, row);
    await keeper.open(row.id);
  };

  test('stores whatever happens before it answers', async () => {
    await open(studyRow('a'));
    const order = await keeper.ask();
    expect(order?.trial).toMatchObject({ number: 0, state: 'running' });
    expect(await readTrials(database, 'a')).toEqual([order?.trial]);
    expect(order?.trial.run_ids).toHaveLength(1);
    expect(order?.configs[0]).toMatchObject({
      name: 'study-0',
      model: { hidden: [order?.trial.params['model.hidden.0'], 128] },
      optimization: { hyperparameter_search: { enabled: false } },
    });

    const { trial } = await keeper.report(0, 1, 0.5);
    expect(await readTrials(database, 'a')).toEqual([trial]);
    const told = await keeper.tell(0, { state: 'complete', values: [0.25] }, 42);
    expect(told).toMatchObject({ state: 'complete', values: [0.25], steps: 42 });
    expect(await getStudy(database, 'a')).toMatchObject({
      counts: { complete: 1, running: 0 },
      best: { number: 0, values: [0.25], params: told.params },
      steps: 42,
    });
  });

  test('gives back the trials that were running, with the same runs', async () => {
    await open(studyRow('a'));
    const order = await keeper.ask();
    const again = createKeeper(() => Promise.resolve(database));
    expect((await again.open('a')).running).toEqual([order]);
    expect((await again.ask())?.trial.number).toBe(1);
  });

  test('gives a trial a run for each fold', async () => {
    await open(studyRow('a', { folds: 3 }));
    const order = await keeper.ask();
    expect(order?.trial.run_ids).toHaveLength(3);
    expect(order?.configs.map(({ name, data }) => [name, data.split.fold])).toEqual([
      ['study-0-fold-1', { index: 0, of: 3 }],
      ['study-0-fold-2', { index: 1, of: 3 }],
      ['study-0-fold-3', { index: 2, of: 3 }],
    ]);
  });

  test('enqueues what can be, and says what cannot', async () => {
    await open(studyRow('a'));
    await expect(keeper.enqueue({ 'model.hidden.0': 99 })).rejects.toThrow(
      'model.hidden.0 is 99, which is outside of what is searched.',
    );
    await expect(keeper.enqueue({ 'model.dropout': 0.1 })).rejects.toThrow(
      'model.dropout is not searched in this study.',
    );
    await keeper.enqueue({ 'model.hidden.0': 7 });
    expect(await getStudy(database, 'a')).toMatchObject({ counts: { waiting: 1 } });
    expect((await keeper.ask())?.trial.params['model.hidden.0']).toBe(7);
  });

  test('learns from another study: what ended, by the same objectives, with values that are searched here', async () => {
    const sampler = { name: 'tpe', n_startup_trials: 3 } as const;
    await open(studyRow('before', { n_trials: 20, sampler }));
    for (let i = 0; i < 20; i++) {
      const order = await keeper.ask();
      const rate = Number(order?.trial.params['training.optimizer.learning_rate']);
      await keeper.tell(i, { state: 'complete', values: [(Math.log10(rate) + 2) ** 2] }, 1);
    }
    const suggestion = async (id: string, row: Partial<StudyRow>, change: Search = {}): Promise<unknown> => {
      await open(studyRow(id, { sampler, ...change }, row));
      return (await keeper.ask())?.trial.params;
    };
    const warm_start = { study_id: 'before', name: 'study', trials: 20 };
    const cold = await suggestion('cold', {});
    // Past its startup trials, the sampler does not draw at random any more.
    expect(await suggestion('warm', { warm_start })).not.toEqual(cold);
    expect(await suggestion('other', { warm_start }, { metric: 'train_loss' })).toEqual(cold);
    const trials = await readTrials(database, 'warm');
    expect(trials.map(({ number }) => number)).toEqual([0]);
  });

  test('writes a study as an Optuna journal, and reads it back as a study of its own', async () => {
    await open(studyRow('a'));
    for (let i = 0; i < 3; i++) {
      await keeper.ask();
      await keeper.report(i, 1, i);
      await keeper.tell(i, i === 1 ? { state: 'pruned', reason: 'Poor.' } : { state: 'complete', values: [i] }, 5);
    }
    expect(await keeper.ask()).toBeNull();
    const { name, blob } = await keeper.write('a', 'optuna');
    expect(name).toBe('study-optuna.log');
    const [read] = await keeper.read(new File([blob], name));
    expect(read).toMatchObject({ name: 'study', status: 'finished', config: null, counts: { complete: 2, pruned: 1 } });
    expect(read.id).not.toBe('a');
    const [ours, theirs] = [await readTrials(database, 'a'), await readTrials(database, read.id)];
    expect(theirs.map(({ params, values, state, intermediate }) => ({ params, values, state, intermediate }))).toEqual(
      ours.map(({ params, values, state, intermediate }) => ({ params, values, state, intermediate })),
    );
    await expect(keeper.open(read.id)).rejects.toThrow('came from a file: it can be looked at, not run.');
    expect((await keeper.write('a', 'csv')).name).toBe('study-trials.csv');
    expect(await (await keeper.write('a', 'html')).blob.text()).toContain('<!doctype html>');
  });

  test('works out importance', async () => {
    await open(studyRow('a', { n_trials: 40 }));
    for (let i = 0; i < 40; i++) {
      const order = await keeper.ask();
      const rate = Number(order?.trial.params['training.optimizer.learning_rate']);
      await keeper.tell(i, { state: 'complete', values: [Math.log10(rate) ** 2] }, 1);
    }
    for (const evaluator of ['ped_anova', 'fanova'] as const) {
      const importance = await keeper.importance('a', evaluator, 0);
      expect(importance.map(({ key }) => key)).toEqual(['training.optimizer.learning_rate', 'model.hidden.0']);
      expect(importance[0].importance).toBeGreaterThan(0.7);
    }
  });
});
