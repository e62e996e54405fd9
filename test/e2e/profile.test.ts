/** A small run trained with profiling on: its report in the page, and a trace that Perfetto can open. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from './harness/browser';
import { openLathe, trainSample } from './harness/page';
import { serveSite, type Site } from './harness/site';

let browser: Browser;
let site: Site;
let page: Page;
let run: string;

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), serveSite()]);
  page = await openLathe(await browser.newContext({ reducedMotion: 'reduce' }), site.url);
  await trainSample(page, 'spirals');
  run = await page.evaluate(async () => {
    const { lathe } = window;
    const [before] = (await lathe?.runs.list()) ?? [];
    const config = { ...before.config, name: 'profiled', profiling: { enabled: true, first_step: 10, steps: 3 } };
    const training = { ...config.training, epochs: 4, max_steps: 16 };
    const { id } = (await lathe?.runs.start({ ...config, training }, before.dataset_id)) ?? { id: '' };
    await lathe?.runs.wait(id);
    return id;
  });
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

it('says what holds the run up, with the operations and layers behind it', async () => {
  await page.goto(`${site.url}#/runs/${run}?tab=profile`);
  await page.getByText(/is the bottleneck: /).waitFor();
  const operations = page.getByRole('region', { name: 'Slowest operations' });
  await operations.getByRole('rowheader', { name: 'matmul' }).first().waitFor();
  const layers = page.getByRole('region', { name: 'Time by layer' });
  expect(await layers.getByRole('rowheader').allTextContents()).toEqual(
    expect.arrayContaining(['dense_1', 'dense_2', 'output', 'loss', 'update']),
  );
  expect(await page.getByRole('img', { name: /^Timeline of one step/ }).getAttribute('aria-label')).toMatch(
    /\d+ kernels in \d+ layers/,
  );
});

it('ranks by kernel too, chosen by keyboard', async () => {
  const operations = page.getByRole('region', { name: 'Slowest operations' });
  await operations.getByRole('columnheader', { name: 'Layer' }).waitFor();
  await page.getByRole('radio', { name: 'By layer and kernel' }).focus();
  await page.keyboard.press('ArrowRight');
  await operations.getByRole('columnheader', { name: 'Layer' }).waitFor({ state: 'detached' });
  const names = await operations.getByRole('rowheader').allTextContents();
  expect(new Set(names).size).toBe(names.length);
});

it('hands out a trace of the steps', async () => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download trace' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('profiled-trace.json');
  const trace = JSON.parse(readFileSync(await download.path(), 'utf8')) as {
    traceEvents: { ph: string; name: string; cat?: string; ts?: number; dur?: number; pid: number; tid: number }[];
  };
  const threads = trace.traceEvents.filter(({ ph, name }) => ph === 'M' && name === 'thread_name');
  expect(threads).toHaveLength(2);
  const events = trace.traceEvents.filter(({ ph }) => ph === 'X');
  expect(events.length + 3).toBe(trace.traceEvents.length);
  expect(events.every(({ ts, dur }) => Number.isFinite(ts) && Number(ts) >= 0 && Number(dur) >= 0)).toBe(true);
  expect(new Set(events.map(({ cat }) => cat))).toEqual(new Set(['trainer', 'forward', 'backward', 'update']));
});

it('of a run that was not profiled offers to train it again with a profile', async () => {
  const other = await page.evaluate(async () =>
    ((await window.lathe?.runs.list()) ?? []).find(({ config }) => !config.profiling.enabled),
  );
  await page.goto(`${site.url}#/runs/${other?.id}?tab=profile`);
  await page.getByText('This run was not profiled').waitFor();
  await page.getByRole('link', { name: 'Train again with profiling' }).click();
  await page.getByText('Profiling', { exact: true }).first().waitFor();
  expect(page.url()).toContain('#/train?dataset=');
});
