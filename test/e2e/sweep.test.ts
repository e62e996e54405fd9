import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lathe, scratchFolder, startLathe, type Finished } from './harness/command-line';
import { killBrowserOn } from './harness/crash';
import { writeCircle } from './harness/data';

const CONFIG = `
name: circle
data: {target: place}
model: {architecture: mlp, hidden: [8]}
training: {epochs: 6, batch_size: 16, early_stopping: null}
optimization:
  hyperparameter_search:
    sampler: {name: tpe, n_startup_trials: 3}
    pruner: {name: median, n_startup_trials: 2}
    n_trials: 8
    search_space:
      training.optimizer.learning_rate: {type: float, low: 1.0e-4, high: 0.3, log: true}
      training.optimizer.name: {type: categorical, choices: [sgd, adamw]}
      training.optimizer.momentum: {type: float, low: 0, high: 0.9, step: 0.3, when: {training.optimizer.name: sgd}}
      model.hidden.0: {type: int, low: 4, high: 16, log: true}
`;

type Json = Record<string, unknown>;

describe('a study', () => {
  const folder = scratchFolder();
  const args = (profile: string, ...more: string[]) => [
    'sweep',
    'config.yaml',
    '--data',
    'circle.csv',
    '--json',
    '--profile',
    folder.file(profile),
    ...more,
  ];
  let undisturbed: Finished;

  beforeAll(async () => {
    writeCircle(folder.file('circle.csv'));
    writeFileSync(folder.file('config.yaml'), CONFIG);
    undisturbed = await lathe(args('undisturbed', '--out', 'results'), folder.path);
    expect(undisturbed.code, undisturbed.stderr).toBe(0);
  });
  afterAll(() => folder.remove());

  /** What a study found, without times and names of runs. */
  const found = (result: Json) => ({
    best: (result.best as Json).number,
    trials: (result.trials as Json[]).map(({ number, state, params, values, intermediate, steps }) => ({
      number,
      state,
      params,
      values,
      intermediate,
      steps,
    })),
  });

  it('finds the best of its trials, prunes some, and writes what it found', () => {
    const result = undisturbed.json();
    expect(result).toMatchObject({ status: 'finished', sampler: 'tpe', pruner: 'median', n_trials: 8, n_failed: 0 });
    const trials = result.trials as { state: string; values: number[]; steps: number }[];
    expect(trials.filter(({ state }) => state === 'pruned').length).toBeGreaterThan(0);
    // A pruned trial ends after the epoch that decided: 8 steps each.
    for (const { state, steps } of trials)
      expect(steps % 8 === 0 && (state === 'complete') === (steps === 48)).toBe(true);
    const complete = trials.filter(({ state }) => state === 'complete').map(({ values }) => values[0]);
    expect((result.best as { values: number[] }).values[0]).toBe(Math.min(...complete));
    for (const file of ['best_config', 'journal', 'csv', 'report', 'bundle']) {
      expect(existsSync(String(result[file])), file).toBe(true);
    }
    expect(readFileSync(String(result.csv), 'utf8').trim().split('\n')).toHaveLength(9);
  });

  it.skipIf(process.platform !== 'linux')('killed three times changes neither its trials nor its best', async () => {
    const at = (trial: number, reports: number) => (event: Json) =>
      event.event === 'trial' &&
      event.number === trial &&
      ((event.intermediate as { steps: number[] }).steps.length >= reports || event.state !== 'running');
    for (const [trial, reports] of [
      [0, 3],
      [3, 0],
      [5, 1],
    ]) {
      const cut = startLathe(args('killed'), folder.path);
      await cut.until(at(trial, reports));
      expect(killBrowserOn(folder.file('killed'))).toBeGreaterThan(0);
      expect((await cut.finished).code).toBe(5);
    }
    const resumed = await lathe(args('killed'), folder.path);
    expect(resumed.code).toBe(0);
    expect(found(resumed.json())).toEqual(found(undisturbed.json()));
  });

  it('is paused by Ctrl+C, and goes on', async () => {
    const cut = startLathe(args('interrupted'), folder.path);
    await cut.until((event) => event.event === 'trial' && event.number === 1);
    cut.interrupt();
    const paused = await cut.finished;
    expect(paused.code).toBe(130);
    expect(paused.json()).toMatchObject({ status: 'paused' });
    const resumed = await lathe(args('interrupted'), folder.path);
    expect(found(resumed.json())).toEqual(found(undisturbed.json()));
  });
});
