/** Every page, light and dark, held against WCAG 2 A and AA by axe. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeShared } from '../../src/ui/share';
import { openBrowser } from './harness/browser';
import { syntheticStudy } from '../helpers/synthetic-study';
import { openLathe, storeStudy, trainSample, whenReady } from './harness/page';
import { serveSite, type Site } from './harness/site';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A search with a parameter of every kind. */
const SEARCH = encodeShared({
  optimization: {
    hyperparameter_search: {
      enabled: true,
      search_space: {
        'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 0.1, log: true },
        'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw'] },
        'training.optimizer.nesterov': { type: 'bool', when: { 'training.optimizer.name': 'sgd' } },
        'training.batch_size': { type: 'int', low: 16, high: 64, step: 16 },
      },
    },
  },
});

describe('in light and in dark', () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  let ids: { run: string; dataset: string };
  let text: { run: string; dataset: string };

  beforeAll(async () => {
    [browser, site] = await Promise.all([openBrowser(), serveSite()]);
    page = await openLathe(await browser.newContext({ reducedMotion: 'reduce' }), site.url);
    await trainSample(page, 'spirals', { profiled: true, media: true });
    ids = await newest();
    await trainSample(page, 'tales');
    text = await newest();
    await page.evaluate(async (run_id) => {
      const as = { model: 'written', alias: 'champion', description: 'Writes tales' };
      await window.lathe?.registry.register({ run_id }, 'local', as);
    }, text.run);
    await storeStudy(page, syntheticStudy({ id: 'sweep', status: 'paused', planned: 60 }));
    await storeStudy(page, syntheticStudy({ id: 'pair', objectives: 2, trials: 60 }));
    await page.reload();
    await whenReady(page);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  const newest = (): Promise<{ run: string; dataset: string }> =>
    page.evaluate(async () => {
      const [run] = (await window.lathe?.runs.list()) ?? [];
      return { run: run.id, dataset: run.dataset_id };
    });

  it.each([
    '/',
    '/data',
    '/data/DATASET',
    '/data/TEXT',
    '/train?dataset=DATASET',
    '/train?dataset=DATASET&config=SEARCH',
    '/runs',
    '/runs/RUN',
    '/runs/RUN?tab=media',
    '/runs/RUN?tab=profile',
    '/runs/RUN?tab=sync',
    '/sweeps',
    '/sweeps/sweep',
    '/sweeps/pair',
    '/sweeps/sweep?tab=trials',
    '/sweeps/sweep?tab=search',
    '/models',
    '/peers',
    '/join/cut-short',
    '/models/run/RUN',
    '/models/run/WRITER',
    '/registry/written/1',
    '/sync',
    '/settings',
  ])('%s can be used by everybody', async (route) => {
    const places = { SEARCH, DATASET: ids.dataset, RUN: ids.run, TEXT: text.dataset, WRITER: text.run };
    const hash = Object.entries(places).reduce((path, [name, id]) => path.replace(name, id), route);
    await page.goto(`${site.url}#${hash}`);
    await page.locator('main h1, main h2').first().waitFor();
    if (route.startsWith('/registry')) await page.getByRole('heading', { name: 'written version 1' }).waitFor();
    if (route.endsWith('search')) await page.getByRole('heading', { name: 'Search space' }).waitFor();
    if (route.endsWith('media')) await page.getByRole('heading', { name: 'Gradients' }).waitFor();
    if (route.endsWith('tab=sync')) await page.getByRole('heading', { name: /in this browser only/ }).waitFor();
    if (route.endsWith('profile')) await page.getByRole('heading', { name: 'Time by layer' }).waitFor();
    // Rows of the long tables are hidden until they are measured, one frame later.
    if (/runs$|trials$/.test(route)) await page.getByRole('cell').first().waitFor();
    // What is worked out anew is pale meanwhile.
    if (route.startsWith('/train')) {
      await page.getByRole('cell').first().waitFor();
      await page.locator('.stale').waitFor({ state: 'detached' });
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page), colorScheme).toEqual([]);
    }
  });
});

/** What axe finds wrong: rule, elements, and why. */
async function violations(page: Page): Promise<string[]> {
  // A colour on its way to another one is none that anybody has to read.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
  await page.evaluate(AXE);
  const results = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
      // Experimental in axe itself; it counts the keys that a button shows as part of its label.
      rules: { 'label-content-name-mismatch': { enabled: false } },
    });
  });
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  );
}
