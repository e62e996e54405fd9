/** What a user, or somebody looking over a user's shoulder, does with the page. */
import type { BrowserContext, Page } from 'playwright-core';
import type {} from '../../../src/app/driver';
import type { StudyRow, TrialRow } from '../../../src/store/study';

/** Opens the page and waits until the workbench is there. */
export async function openLathe(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await whenReady(page);
  return page;
}

/** Waits until the workbench is there. */
export async function whenReady(page: Page): Promise<void> {
  // A policy without eval also refuses Playwright's waitForFunction.
  await poll('the workbench', () => page.evaluate(() => window.lathe !== undefined));
}

/** Waits until `ready` is true; fails with a sentence that names `what` after a minute. */
export async function poll(what: string, ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await ready())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come within a minute.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until the service worker keeps the page. */
export async function whenKept(page: Page): Promise<void> {
  await poll('the service worker', () =>
    page.evaluate(() => navigator.serviceWorker.controller?.state === 'activated'),
  );
}

/** Imports a sample and trains on it for three small steps; resolves to how the run ended. `media`: all kinds are recorded. */
export function trainSample(page: Page, sample: string, { profiled = false, media = false } = {}): Promise<string> {
  return page.evaluate(
    async ({ name, enabled, recorded }) => {
      const { lathe } = window;
      if (!lathe) throw new Error('The workbench is not there.');
      const dataset = await lathe.datasets.importSample(name);
      const suggested = lathe.configs.suggest(dataset);
      const training = { ...suggested.training, epochs: 1, max_steps: 3 };
      const shown = { ...suggested.logging.media, histograms: recorded, predictions: recorded ? 8 : 0 };
      const logging = { ...suggested.logging, media: { ...shown, embeddings: recorded ? 50 : 0 } };
      const config = { ...suggested, training, logging, profiling: { ...suggested.profiling, enabled } };
      const run = await lathe.runs.start(config, dataset.id);
      return (await lathe.runs.wait(run.id)).status;
    },
    { name: sample, enabled: profiled, recorded: media },
  );
}

/** Puts a study with its trials into the database, as a search would have left it. The page knows of it when it is reloaded. */
export async function storeStudy(page: Page, content: { study: StudyRow; trials: TrialRow[] }): Promise<void> {
  // Their recursive types are too deep for Playwright's.
  const rows: { study: object; trials: object[] } = content;
  await page.evaluate(async ({ study, trials }) => {
    const opening = indexedDB.open('lathe');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(new Error('The database cannot be opened.'));
    });
    const transaction = database.transaction(['studies', 'trials'], 'readwrite');
    transaction.objectStore('studies').put(study);
    for (const trial of trials) transaction.objectStore('trials').put(trial);
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(new Error('The study cannot be stored.'));
    });
    database.close();
  }, rows);
}

/** Drops files on the page, as from a file manager. */
export async function dropFiles(page: Page, files: { name: string; content: string }[]): Promise<void> {
  await page.evaluate((given) => {
    const dataTransfer = new DataTransfer();
    for (const { name, content } of given) dataTransfer.items.add(new File([content], name));
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, files);
}
