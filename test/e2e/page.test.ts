/** The page by hand and by keyboard: finding things, changing settings, taking back, sharing, on a phone too. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser } from './harness/browser';
import { openLathe, poll, trainSample } from './harness/page';
import { serveSite, type Site } from './harness/site';

let browser: Browser;
let site: Site;
let context: BrowserContext;
let page: Page;
let ids: { run: string; dataset: string };

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), serveSite()]);
  context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  page = await openLathe(context, site.url);
  await trainSample(page, 'spirals');
  ids = await page.evaluate(async () => {
    const [run] = (await window.lathe?.runs.list()) ?? [];
    return { run: run.id, dataset: run.dataset_id };
  });
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

const go = (hash: string): Promise<unknown> => page.goto(`${site.url}${hash}`);
const at = (hash: RegExp): Promise<void> => poll(`an address like ${hash}`, async () => hash.test(page.url()));

describe('the command palette', () => {
  it('opens by keyboard, finds a run by its name and goes there', async () => {
    await go('#/settings');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search everything' }).fill('spirals-mlp');
    await page.getByRole('option', { name: /spirals-mlp/ }).waitFor();
    await page.keyboard.press('Enter');
    await at(new RegExp(`#/runs/${ids.run}$`));
    expect(await page.getByRole('combobox', { name: 'Search everything' }).count()).toBe(0);
  });

  it('says so where nothing is found, and closes with Escape', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search everything' }).fill('nothing is called this');
    await page.getByText('Nothing is called that').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Search everything' }).waitFor({ state: 'detached' });
  });
});

it('letters are shortcuts, but not while somebody types', async () => {
  await go('#/settings');
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await at(/#\/runs$/);
  await page.getByLabel('Search runs').fill('');
  await page.keyboard.type('gd');
  expect(page.url()).toMatch(/#\/runs$/);
  await page.keyboard.press('Control+/');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
});

describe('settings of a run', () => {
  const batchSize = () => page.getByLabel('Batch size', { exact: true });
  const setBatchSize = async (value: string): Promise<void> => {
    await batchSize().fill(value);
    await page.keyboard.press('Tab');
  };
  const train = () => page.getByRole('main').getByRole('button', { name: 'Train', exact: true });

  beforeEach(async () => {
    // Elsewhere first: the page that is left forgets what was typed.
    await go('#/settings');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await go(`#/train?dataset=${ids.dataset}`);
  });

  it('a wrong value is refused at its field, and nothing trains until it is mended', async () => {
    await setBatchSize('0');
    await page.getByText('training.batch_size is 0; expected 1 or more.').first().waitFor();
    expect(await batchSize().getAttribute('aria-invalid')).toBe('true');
    expect(await train().isDisabled()).toBe(true);
    await setBatchSize('32');
    await poll('the button', () => train().isEnabled());
  });

  it('the form and the YAML are the same config, in both directions', async () => {
    await setBatchSize('48');
    await page.getByRole('radio', { name: 'YAML' }).check({ force: true });
    const text = page.getByLabel('Config as YAML');
    await poll('the YAML', async () => (await text.inputValue()).includes('batch_size: 48'));
    await text.fill((await text.inputValue()).replace('batch_size: 48', 'batch_size: 24'));
    await page.getByRole('radio', { name: 'Form' }).check({ force: true });
    await poll('the form', async () => (await batchSize().inputValue()) === '24');
  });

  it('a problem of the YAML is shown with its line', async () => {
    await page.getByRole('radio', { name: 'YAML' }).check({ force: true });
    const text = page.getByLabel('Config as YAML');
    await poll('the YAML', async () => (await text.inputValue()).includes('epochs:'));
    const wrong = (await text.inputValue()).replace(/epochs: \d+/, 'epochs: many');
    await text.fill(wrong);
    const line = wrong.split('\n').findIndex((row) => row.includes('epochs: many')) + 1;
    await page.getByText(`line ${line}`, { exact: true }).waitFor();
    await page.getByText('training.epochs is "many"').first().waitFor();
  });

  it('the model changes with its settings: layers, parameters, memory', async () => {
    await page.getByLabel('Hidden', { exact: true }).fill('7');
    await page.getByLabel('Hidden', { exact: true }).blur();
    const layers = page.getByRole('table', { name: /Layers/ });
    // 2 inputs and a bias on 7 units, 7 units and a bias on 3 classes.
    await layers.getByText('21', { exact: true }).waitFor();
    await layers.getByText('24', { exact: true }).waitFor();
  });

  it('a shared link brings the settings along, and a reload loses none', async () => {
    await setBatchSize('17');
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByText('Link copied').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toContain('#/train?dataset=spirals&config=');
    await poll('the address', async () => page.url().includes('config='));
    await page.reload();
    await poll('the setting', async () => (await batchSize().inputValue()) === '17');
    await go('#/settings');
    await page.goto(link);
    await poll('the setting', async () => (await batchSize().inputValue()) === '17');
  });
});

it('what is deleted can be brought back', async () => {
  await go('#/runs');
  const row = page.getByRole('row', { name: /spirals-mlp/ }).first();
  await row.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No runs yet').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await row.waitFor();
  expect(await page.evaluate(async () => (await window.lathe?.runs.list())?.length)).toBe(1);
});

it('columns of the table of runs outlive a reload', async () => {
  await go('#/runs');
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Parameters' }).check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('columnheader', { name: 'Parameters' }).waitFor();
  await page.reload();
  await page.getByRole('columnheader', { name: 'Parameters' }).waitFor();
});

it('a run takes a name, tags and notes, and keeps them', async () => {
  await go(`#/runs/${ids.run}`);
  await page.getByRole('button', { name: /Name of the run/ }).click();
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('first light');
  await page.keyboard.press('Enter');
  await page.getByLabel('Add a tag').fill('keep');
  await page.keyboard.press('Enter');
  await page.getByLabel('Notes on this run').fill('It works.');
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: /first light/ }).waitFor();
  await page.getByRole('button', { name: 'Remove tag keep' }).waitFor();
  expect(await page.getByLabel('Notes on this run').inputValue()).toBe('It works.');
});

it('the theme is kept, and charts and page agree on it', async () => {
  await go('#/settings');
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await page.reload();
  const scheme = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(await scheme()).toBe('dark');
  await page.getByRole('radio', { name: 'As the system' }).check({ force: true });
  expect(await scheme()).toBe('light dark');
});

it('no page is wider than a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const hash of [
    '#/',
    '#/data',
    `#/data/${ids.dataset}`,
    '#/train',
    '#/runs',
    `#/runs/${ids.run}`,
    '#/models',
    `#/models/run/${ids.run}`,
    '#/settings',
  ]) {
    await go(hash);
    await page.locator('main h1').first().waitFor();
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect({ hash, excess }).toEqual({ hash, excess: 0 });
  }
});
