/** A study in the page, from its start to what is taken away from it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './harness/browser';
import { openLathe, poll, whenReady } from './harness/page';
import { serveSite, type Site } from './harness/site';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TRIALS = 5;
const CONFIG = `
model: {architecture: mlp, hidden: [8]}
training: {epochs: 2, batch_size: 128}
optimization:
  hyperparameter_search:
    enabled: true
    n_trials: ${TRIALS}
    search_space:
      training.optimizer.learning_rate: {type: float, low: 1.0e-3, high: 0.1, log: true}
      model.activation: {type: categorical, choices: [relu, tanh]}
`;

describe('a study in the page', () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  let id: string;

  beforeAll(async () => {
    [browser, site] = await Promise.all([openBrowser(), serveSite()]);
    page = await openLathe(await browser.newContext({ reducedMotion: 'reduce' }), site.url);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  const study = () =>
    page.evaluate(async (name) => {
      if (!window.lathe) throw new Error('The workbench is not there.');
      const { status, counts } = await window.lathe.studies.get(name);
      return {
        status,
        trials: Object.values(counts).reduce((sum, count) => sum + count, 0),
        complete: counts.complete,
      };
    }, id);

  it('goes on by itself after a reload, with the trials that it had', async () => {
    id = await page.evaluate(async (yaml) => {
      const { lathe } = window;
      if (!lathe) throw new Error('The workbench is not there.');
      const dataset = await lathe.datasets.importSample('spirals');
      return (await lathe.studies.start(await lathe.configs.fromYaml(yaml), dataset.id)).id;
    }, CONFIG);
    await page.goto(`${site.url}#/sweeps/${id}`);
    await poll('a complete trial', async () => (await study()).complete > 0);
    expect((await study()).status).toBe('running');

    await page.reload();
    await whenReady(page);
    await poll('the end of the study', async () => (await study()).status !== 'running');
    expect(await study()).toMatchObject({ status: 'finished', trials: TRIALS });
    // Its runs are listed with it, not among the runs of their own.
    await page.goto(`${site.url}#/runs`);
    await page.getByText('No runs yet').waitFor();
  });

  it('tells the best trial and opens the form with its settings', async () => {
    await page.goto(`${site.url}#/sweeps/${id}`);
    const best = page.getByRole('region', { name: 'Best found' });
    await expect.poll(() => best.innerText()).toMatch(/Trial \d is best: val_loss .* learning rate/);
    const rate = await page.evaluate(async (study) => {
      const trials = (await window.lathe?.studies.trials(study)) ?? [];
      const [first] = trials
        .filter(({ state }) => state === 'complete')
        .sort((a, b) => (a.values?.[0] ?? 0) - (b.values?.[0] ?? 0));
      return first.params['training.optimizer.learning_rate'];
    }, id);
    await best.getByRole('button', { name: 'Train with these' }).click();
    const field = page.getByLabel('Learning rate', { exact: true });
    await field.waitFor();
    expect(Number(await field.inputValue()) / Number(rate)).toBeCloseTo(1, 2);
  });

  it.each(['optuna', 'csv', 'html'] as const)('is taken away as %s', async (format) => {
    const { name, text } = await page.evaluate(
      async ([study, kind]) => {
        const file = await window.lathe?.studies.export(study, kind);
        if (!file) throw new Error('There is no file.');
        return { name: file.name, text: await file.blob.text() };
      },
      [id, format] as const,
    );
    expect(name).toMatch(/\.(log|jsonl|csv|html)$/);
    if (format === 'csv') expect(text.trim().split('\n')).toHaveLength(TRIALS + 1);
    else expect(text).toContain('learning_rate');
  });

  it.each(['overview', 'parameters', 'trials'])('can be used by everybody: %s', async (tab) => {
    await page.goto(`${site.url}#/sweeps/${id}?tab=${tab}`);
    await page.getByRole('tab', { name: new RegExp(tab, 'i'), selected: true }).waitFor();
    await page
      .getByRole(tab === 'trials' ? 'row' : 'region')
      .first()
      .waitFor();
    await page.evaluate(AXE);
    const results = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResults> } };
      return axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
        // Experimental in axe itself; it counts the keys that a button shows as part of its label.
        rules: { 'label-content-name-mismatch': { enabled: false } },
      });
    });
    expect(
      results.violations.flatMap(({ id: rule, nodes }) => nodes.map(({ target }) => `${rule}: ${target.join(' ')}`)),
    ).toEqual([]);
  });
});
