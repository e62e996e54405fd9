/** The page as somebody meets it who has never seen it. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openBrowser } from './harness/browser';
import { dropFiles, openLathe, poll, whenReady } from './harness/page';
import { serveSite, type Site } from './harness/site';

let browser: Browser;
let site: Site;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), serveSite()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await openLathe(context, site.url);
});
afterEach(() => context.close());

const train = () => page.getByRole('region', { name: 'Train', exact: true });
const pressTrain = () => train().getByRole('button', { name: 'Train' }).click();
const steps = async (): Promise<number> => {
  const runs = await page.evaluate(async () => (await window.lathe?.runs.list()) ?? []);
  return Math.max(0, ...runs.map((run) => run.step));
};

it('one press trains the sample that stands ready, with a moving curve', async () => {
  await pressTrain();
  await train().locator('canvas').first().waitFor();
  await poll('a step', async () => (await steps()) > 0);
  await train()
    .getByText(/step \d+ of/)
    .waitFor();
  await train().getByRole('button', { name: 'Pause' }).click();
  await train().getByRole('button', { name: 'Resume' }).waitFor();
});

it('a run goes on by itself after a reload, and says so', async () => {
  await train().getByLabel('Epochs').fill('100000');
  await train().getByLabel('Epochs').blur();
  await pressTrain();
  await poll('some steps', async () => (await steps()) > 2);
  await page.reload();
  await whenReady(page);
  await page
    .getByText(/goes on|resumed|going on/i)
    .first()
    .waitFor();
  const before = await steps();
  await poll('more steps', async () => (await steps()) > before);
  await train().getByRole('button', { name: 'Pause' }).click();
  await train().getByRole('button', { name: 'Resume' }).waitFor();
});

it('files dropped anywhere become a dataset with guessed roles; one that cannot be read is named', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${i % 3},${i % 2 ? 'odd' : 'even'}`);
  await dropFiles(page, [
    { name: 'numbers.csv', content: `n,third,parity\n${rows.join('\n')}\n` },
    { name: 'nothing.csv', content: '' },
  ]);
  await page.getByText('nothing.csv is empty').first().waitFor();
  await page.getByText('numbers').first().waitFor();
  const datasets = await page.evaluate(async () => (await window.lathe?.datasets.list()) ?? []);
  expect(datasets.find(({ name }) => name.startsWith('numbers'))).toMatchObject({ kind: 'table', examples: 60 });
});

it('shows names from files as text, never as markup', async () => {
  const name = '<img src=x onerror="window.injected=true">.csv';
  await dropFiles(page, [{ name, content: '<b>a</b>,y\n1,<script>1</script>\n2,<i>b</i>\n3,<i>b</i>\n' }]);
  await poll('the dataset', () =>
    page.evaluate(
      async () => (await window.lathe?.datasets.list())?.some(({ name }) => name.includes('<img')) ?? false,
    ),
  );
  const id = await page.evaluate(
    async () => (await window.lathe?.datasets.list())?.find(({ name }) => name.includes('<img'))?.id ?? '',
  );
  await page.goto(`${site.url}#/data/${id}`);
  await page.getByText('<b>a</b>').first().waitFor();
  expect(await page.evaluate(() => 'injected' in window)).toBe(false);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
});
