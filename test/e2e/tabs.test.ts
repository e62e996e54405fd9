/** Several tabs, one run: who trains, who watches, who takes over. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openBrowser } from './harness/browser';
import { openLathe, poll, whenReady } from './harness/page';
import { serveSite, type Site } from './harness/site';

let browser: Browser;
let site: Site;
let context: BrowserContext;

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), serveSite()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  // What the service worker keeps of the page counts against the same quota as the runs, at a time of its own.
  context = await browser.newContext({ serviceWorkers: 'block' });
});
afterEach(() => context.close());

/** Starts a run that takes minutes, with a checkpoint every few steps, and waits until it has done some. */
async function startLongRun(page: Page, hidden = [16], target = 12): Promise<string> {
  const id = await page.evaluate(async (units) => {
    const { lathe } = window;
    if (!lathe) throw new Error('The workbench is not there.');
    const dataset = await lathe.datasets.importSample('spirals');
    const config = lathe.configs.suggest(dataset);
    const checkpoints = { ...config.training.checkpoints, every_steps: 5 };
    const training = { ...config.training, epochs: 10_000, early_stopping: null, checkpoints };
    const model = { architecture: 'mlp' as const, hidden: units, activation: 'relu' as const, dropout: 0 };
    return (await lathe.runs.start({ ...config, model, training }, dataset.id)).id;
  }, hidden);
  await reaches(page, id, target);
  return id;
}

const step = (page: Page, id: string): Promise<number> =>
  page.evaluate(async (run) => (await window.lathe?.runs.get(run))?.step ?? 0, id);
const status = (page: Page, id: string): Promise<string | undefined> =>
  page.evaluate(async (run) => (await window.lathe?.runs.get(run))?.status, id);
const reaches = (page: Page, id: string, target: number): Promise<void> =>
  poll(`step ${target}`, async () => (await step(page, id)) >= target);

/** Collects the types of events about runs that this page hears. */
const listen = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    window.lathe?.subscribe((event) => heard.push(event.type));
  });
const heard = (page: Page): Promise<string[]> =>
  page.evaluate(() => ('heard' in window && Array.isArray(window.heard) ? window.heard.map(String) : []));

it('a second tab watches live, may give orders, and takes the run over when the first is closed', async () => {
  const first = await openLathe(context, site.url);
  const id = await startLongRun(first);

  const second = await openLathe(context, site.url);
  await listen(second);
  await poll('progress in the second tab', async () => (await heard(second)).includes('progress'));
  expect(await heard(second)).not.toContain('resumed');

  await first.close();
  await poll('the takeover', async () => (await heard(second)).includes('resumed'));
  const before = await step(second, id);
  await reaches(second, id, before + 10);
  const run = await second.evaluate(async (run) => window.lathe?.runs.get(run), id);
  expect(run?.resumed).toHaveLength(1);
  expect(run?.resumed[0].step).toBeGreaterThan(0);

  const third = await openLathe(context, site.url);
  await third.evaluate((run) => window.lathe?.runs.pause(run), id);
  await poll('the pause', async () => (await status(third, id)) === 'paused');
  await third.evaluate((run) => window.lathe?.runs.resume(run), id);
  const paused = await step(third, id);
  await reaches(third, id, paused + 5);
  await second.evaluate((run) => window.lathe?.runs.cancel(run), id);
  await poll('the end', async () => (await status(second, id)) === 'cancelled');
});

it('a run goes on by itself after a reload, without a gap or a repeat in its curve', async () => {
  const page = await openLathe(context, site.url);
  const id = await startLongRun(page);
  await page.reload();
  await whenReady(page);
  const before = await step(page, id);
  await reaches(page, id, before + 10);
  await page.evaluate((run) => window.lathe?.runs.pause(run), id);
  await poll('the pause', async () => (await status(page, id)) === 'paused');
  const steps = await page.evaluate(async (run) => {
    const [loss] = (await window.lathe?.runs.metrics(run, ['train_loss'])) ?? [];
    return [...loss.steps];
  }, id);
  expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1));
  expect(
    (await page.evaluate(async (run) => window.lathe?.runs.log(run), id))?.map((line) => line.message).join('\n'),
  ).toMatch(/step \d+/);
});

it('stop keeps the best: the run is evaluated on the test split and can be used', async () => {
  const page = await openLathe(context, site.url);
  const id = await startLongRun(page);
  await page.evaluate((run) => window.lathe?.runs.pause(run), id);
  await poll('the pause', async () => (await status(page, id)) === 'paused');
  await page.evaluate((run) => window.lathe?.runs.stop(run), id);
  await poll('the stop', async () => (await status(page, id)) === 'stopped');
  const run = await page.evaluate(async (run) => window.lathe?.runs.get(run), id);
  expect(run?.metrics?.test.accuracy).toBeGreaterThan(0);
  expect(run?.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
});

it('a full disk pauses the run with a sentence, and it goes on when there is room again', async () => {
  const page = await openLathe(context, site.url);
  const session = await context.newCDPSession(page);
  const id = await startLongRun(page, [256, 256], 6);
  // Less than is used already. Chromium may rely for half a minute on the room that it last heard of.
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 1e5 });
  await poll('the pause', async () => (await status(page, id)) === 'paused');
  const run = await page.evaluate(async (run) => window.lathe?.runs.get(run), id);
  expect(run?.reason).toMatch(/storage is full/);
  const stored = await page.evaluate(async (run) => (await window.lathe?.runs.checkpoints(run))?.length, id);
  expect(stored).toBeGreaterThan(0);

  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin });
  const before = run?.step ?? 0;
  await page.evaluate((run) => window.lathe?.runs.resume(run), id);
  await reaches(page, id, before + 5);
  await page.evaluate((run) => window.lathe?.runs.cancel(run), id);
});

it('a deleted run can be brought back whole', async () => {
  const page = await openLathe(context, site.url);
  const id = await startLongRun(page);
  await page.evaluate((run) => window.lathe?.runs.remove(run), id);
  expect(await page.evaluate(() => window.lathe?.runs.list())).toEqual([]);
  await page.evaluate((run) => window.lathe?.runs.restore(run), id);
  const run = await page.evaluate(async (run) => window.lathe?.runs.get(run), id);
  expect(run?.status).toBe('paused');
  await page.evaluate((run) => window.lathe?.runs.resume(run), id);
  await reaches(page, id, (run?.step ?? 0) + 5);
  await page.evaluate((run) => window.lathe?.runs.cancel(run), id);
});
