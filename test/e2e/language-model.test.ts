/** A language model from a text file to text of its own: on the page, and by the command line. */
import { writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './harness/browser';
import { lathe, scratchFolder, type Finished } from './harness/command-line';
import { dropFiles, openLathe, poll } from './harness/page';
import { serveSite, type Site } from './harness/site';

const VERSE = 'round and round the ragged rock\nthe ragged rascal ran\n'.repeat(20);

describe('on the page', () => {
  let browser: Browser;
  let site: Site;
  let page: Page;

  beforeAll(async () => {
    [browser, site] = await Promise.all([openBrowser(), serveSite()]);
    page = await openLathe(await browser.newContext(), site.url);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  it('a dropped text is shown, trained on by a transformer alone, and continued', async () => {
    await page.goto(`${site.url}#/data`);
    await page.getByRole('heading', { name: 'Data', exact: true }).waitFor();
    await dropFiles(page, [{ name: 'verse.txt', content: VERSE }]);
    await poll('the dataset', async () =>
      page.evaluate(async () => ((await window.lathe?.datasets.list()) ?? []).length === 1),
    );
    const id = await page.evaluate(async () => (await window.lathe?.datasets.list())?.[0].id);
    await page.goto(`${site.url}#/data/${id}`);
    await page.getByText('1,080 characters · 16 different').waitFor();
    await page.getByText('round and round the ragged rock').waitFor();
    await page.getByText('␣', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Train on this' }).click();
    await page.getByRole('radio', { name: /^transformer/ }).waitFor();
    expect(await page.getByRole('group', { name: 'Architecture' }).getByRole('radio').count()).toBe(1);
    await page.getByLabel('Epochs', { exact: true }).fill('2');
    await page.keyboard.press('Tab');
    await page.getByRole('main').getByRole('button', { name: 'Train', exact: true }).click();
    await page.getByText('Val perplexity').first().waitFor();
    await poll('the end of the run', async () =>
      page.evaluate(async () => (await window.lathe?.runs.list())?.[0].status === 'finished'),
    );

    await page.getByRole('tab', { name: 'Predictions' }).click();
    await page.getByLabel('Prompt').fill('the ragged ');
    await page.getByLabel('Characters').fill('24');
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    const passage = page.locator('main p', { hasText: /^the ragged / });
    await poll('the text', async () => ((await passage.first().textContent()) ?? '').length === 35);
    const written = await passage.first().textContent();
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await poll('the same text again', async () => (await passage.first().textContent()) === written);
  });
});

describe('by the command line', () => {
  const folder = scratchFolder();
  const run = (...args: string[]) => lathe([...args, '--profile', 'profile', '--json'], folder.path);
  let trained: Finished;

  beforeAll(async () => {
    writeFileSync(folder.file('verse.txt'), VERSE);
    writeFileSync(
      folder.file('config.yaml'),
      'name: verse\nmodel: {architecture: transformer, layers: 1, width: 16, heads: 2, context: 16}\ntraining: {epochs: 3, batch_size: 8}\n',
    );
    trained = await run('train', 'config.yaml', '--data', 'verse.txt', '--out', 'out');
  });
  afterAll(() => folder.remove());

  it('trains, with perplexity among the metrics', () => {
    expect(trained.stderr).not.toContain('Error');
    expect(trained.code).toBe(0);
    expect(trained.json()).toMatchObject({
      status: 'finished',
      metrics: { test: { loss: expect.any(Number), perplexity: expect.any(Number), accuracy: expect.any(Number) } },
    });
  });

  it('scores and continues text with the bundle, the same for the same seed', async () => {
    const bundle = String(trained.json().bundle);
    const scored = await run('predict', bundle, '--data', 'verse.txt');
    expect(scored.json()).toMatchObject({ n: 68, metrics: { perplexity: expect.any(Number) } });
    const args = ['generate', bundle, '--prompt', 'the ragged ', '--length', '40', '--seed', '7'];
    const [first, second] = [await run(...args), await run(...args)];
    expect(String(first.json().text)).toHaveLength(40);
    expect(second.json()).toEqual(first.json());
  });

  it('refuses an architecture that reads no text, by its key', async () => {
    const { code, stderr } = await run(
      'train',
      'config.yaml',
      '--data',
      'verse.txt',
      '--set',
      'model={architecture: mlp}',
    );
    expect(stderr).toContain('model.architecture is mlp');
    expect(code).toBe(2);
  });
});
