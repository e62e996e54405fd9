import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DIST } from '../../bin/build';
import { openBrowser } from './harness/browser';
import { scratchFolder } from './harness/command-line';
import { openLathe, poll, trainSample, whenKept, whenReady } from './harness/page';
import { serveSite } from './harness/site';

describe('the page without a network', () => {
  let browser: Browser;
  let context: BrowserContext;
  const folder = scratchFolder();

  /** Changes a file of the served copy. @throws where the change finds nothing to change */
  const edit = (name: string, change: (text: string) => string): void => {
    const path = folder.file(`site/${name}`);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
  };

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  it('opens, keeps its data and trains after one visit', async () => {
    const site = await serveSite();
    const first = await openLathe(context, site.url);
    await whenKept(first);
    await first.evaluate(async () => window.lathe?.datasets.importSample('spirals'));
    await first.close();

    await site.close();
    await context.setOffline(true);
    const page = await openLathe(context, site.url);
    const names = await page.evaluate(async () => (await window.lathe?.datasets.list())?.map(({ name }) => name));
    expect(names).toContain('spirals');
    expect(await trainSample(page, 'spirals')).toBe('finished');
  });

  it('takes a new version only when the user accepts it, and never while a run trains', async () => {
    cpSync(DIST, folder.file('site'), { recursive: true });
    const site = await serveSite(folder.file('site'));
    const page = await openLathe(context, site.url);
    await whenKept(page);

    // A new version: another page, so another list of what the service worker keeps.
    edit('index.html', (html) => html.replace('<html ', '<html data-version="2" '));
    edit('sw.js', (script) => script.replace(/(url:"index\.html",revision:")[0-9a-f]+/, '$12'));

    await page.reload();
    await whenReady(page);
    expect(await page.locator('html').getAttribute('data-version')).toBeNull();
    const update = page.getByRole('button', { name: 'Update and reload' });
    await update.waitFor();

    const run = await page.evaluate(async () => {
      const { lathe } = window;
      if (!lathe) throw new Error('The workbench is not there.');
      const dataset = await lathe.datasets.importSample('spirals');
      const suggested = lathe.configs.suggest(dataset);
      return lathe.runs.start({ ...suggested, training: { ...suggested.training, epochs: 100_000 } }, dataset.id);
    });
    await poll('the first steps', () =>
      page.evaluate(async (id) => ((await window.lathe?.runs.get(id))?.step ?? 0) > 0, run.id),
    );
    await update.click();
    await page.getByText('A run is training').waitFor();
    expect(await page.evaluate(async (id) => (await window.lathe?.runs.get(id))?.status, run.id)).toBe('running');

    await page.evaluate((id) => window.lathe?.runs.pause(id), run.id);
    await page.evaluate((id) => window.lathe?.runs.wait(id), run.id);
    await update.click();
    await page.locator('html[data-version="2"]').waitFor();
    await whenReady(page);
    await site.close();
  });
});
