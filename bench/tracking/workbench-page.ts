/** The built page in a headless browser: runs with and without trackers, and what its main thread does meanwhile. */
import type { Browser, Page } from 'playwright-core';
import { DIST, ensureBuilt } from '../../bin/build';
import { serveStatic } from '../../server/static';
import type {} from '../../src/app/driver';
import type { Destination } from '../../src/store/delivery';

/** One run that was trained. */
export interface TrainedRun {
  /** Examples a second, over all but the first steps. */
  rate: number;
  /** Points that arrived at each tracker, by its kind. */
  sent: Record<string, number>;
  /** Kinds of trackers where not all had arrived in time. */
  late: string[];
  /** Milliseconds of the longest task of the main thread while the run was logged; 0: none was as long as is reported. */
  longestTask: number;
}

/** How a run is trained. */
export interface RunTask {
  steps: number;
  destinations: readonly Destination[];
  /** Whether the run's own page, with its charts, is open. */
  watched: boolean;
  /** Nobody is at the destinations: what waits is given up as the run has ended. */
  away?: boolean;
}

/** The page. */
export interface WorkbenchPage {
  train(task: RunTask): Promise<TrainedRun>;
  /** Destinations at a sink for all trackers that there are, allowed and ready; kinds that are not known here. */
  destinations(sink: string): Promise<{ all: Destination[]; unknown: string[] }>;
  close(): Promise<void>;
}

/** Small, so that there are many steps a second to log. */
const BATCH = 16;

/** Patience with the outbox after a run has ended, in milliseconds. */
const SETTLING_MS = 60_000;

/** Builds and opens it. */
export async function openWorkbenchPage(browser: Browser, say: (line: string) => void): Promise<WorkbenchPage> {
  await ensureBuilt(say);
  const server = await serveStatic(DIST, 0);
  const page = await browser.newPage();
  page.on('pageerror', ({ message }) => say(message));
  await page.goto(`http://localhost:${server.port}/?driven`);
  // A policy without eval also refuses Playwright's waitForFunction.
  while (!(await page.evaluate(() => window.lathe !== undefined))) await page.waitForTimeout(50);
  const dataset = await page.evaluate(async () => (await window.lathe?.datasets.importSample('glyphs'))?.id ?? '');
  return {
    train: (task) => train(page, dataset, task),
    destinations: async (sink) => {
      const folder = await keepFolder(page);
      const kinds = await page.evaluate(
        async () => (await window.lathe?.tracking.trackers())?.map(({ kind }) => kind) ?? [],
      );
      const known = destinationsAt(sink, folder);
      const all = known.filter(({ kind }) => kinds.includes(kind));
      for (const destination of all) await allow(page, destination, sink);
      return { all, unknown: kinds.filter((kind) => !known.some((one) => one.kind === kind)) };
    },
    async close() {
      await page.close();
      await server.close();
    },
  };
}

function destinationsAt(url: string, folder: string | null): Destination[] {
  return [
    { kind: 'mlflow', options: { url, experiment: 'bench', model_name: null, alias: null } },
    { kind: 'wandb', options: { url, entity: null, project: 'bench' } },
    { kind: 'prometheus', options: { url, job: 'bench' } },
    ...(folder === null ? [] : [{ kind: 'tensorboard', options: { folder } }]),
  ];
}

async function allow(page: Page, destination: Destination, sink: string): Promise<void> {
  // Its recursive type is too deep for Playwright's.
  const plain: { kind: string; options: object } = destination;
  await page.evaluate(
    async ({ given, origin }) => {
      const { lathe } = window;
      await lathe?.tracking.keep({ kind: given.kind, options: { ...given.options } }, { every_run: false });
      if (given.kind === 'wandb') await lathe?.tracking.allow(origin, { scheme: 'key', key: 'k'.repeat(40) });
    },
    { given: plain, origin: sink },
  );
}

/** A folder for event files in the browser's own file system, as if the user had chosen it; null: there is no place for it. */
function keepFolder(page: Page): Promise<string | null> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const handle = await root.getDirectoryHandle('event-files', { create: true });
    const opening = indexedDB.open('lathe');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(new Error('The database cannot be opened.'));
    });
    try {
      if (!database.objectStoreNames.contains('folders')) return null;
      const transaction = database.transaction('folders', 'readwrite');
      transaction.objectStore('folders').put({ id: 'bench', name: handle.name, handle });
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(new Error('The folder cannot be kept.'));
      });
      return 'bench';
    } finally {
      database.close();
    }
  });
}

function train(
  page: Page,
  dataset: string,
  { steps, destinations, watched, away = false }: RunTask,
): Promise<TrainedRun> {
  const plain: { kind: string; options: object }[] = [...destinations];
  return page.evaluate(
    async ({ datasetId, steps, batch, destinations, watched, away, patience }) => {
      const { lathe } = window;
      if (!lathe) throw new Error('The workbench is not there.');
      const suggested = lathe.configs.suggest(await lathe.datasets.get(datasetId));
      const run = await lathe.runs.start(
        {
          ...suggested,
          model: { architecture: 'mlp', hidden: [128], activation: 'relu', dropout: 0 },
          training: {
            ...suggested.training,
            epochs: 10_000,
            max_steps: steps,
            batch_size: batch,
            early_stopping: null,
            checkpoints: { ...suggested.training.checkpoints, every_epochs: null },
          },
        },
        datasetId,
      );
      location.hash = watched ? `#/runs/${run.id}` : '#/settings';
      for (const { kind, options } of destinations) {
        await lathe.tracking.send({ noun: 'run', id: run.id }, { kind, options: { ...options } });
      }
      // What comes before the first steps are through is the page's own doing.
      await new Promise<void>((resolve) => {
        const stop = lathe.subscribe((event) => {
          if (event.type !== 'progress' || event.run_id !== run.id || event.step < 20) return;
          stop();
          resolve();
        });
      });
      let longestTask = 0;
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
      });
      observer.observe({ type: 'longtask' });
      const { status } = await lathe.runs.wait(run.id);
      if (status !== 'finished') throw new Error(`The run is ${status}.`);
      const [loss] = await lathe.runs.metrics(run.id, ['train_loss']);
      const pending = destinations.length > 0 && !away ? await lathe.tracking.settled(run.id, patience) : {};
      observer.disconnect();
      const deliveries = await lathe.tracking.deliveries({ noun: 'run', id: run.id });
      if (away) for (const { id } of deliveries) await lathe.tracking.cancel(id);
      const [from, to] = [Math.floor(loss.times.length / 5), loss.times.length - 1];
      return {
        rate: (batch * 1000 * (to - from)) / (loss.times[to] - loss.times[from]),
        sent: Object.fromEntries(deliveries.map(({ destination, sent }) => [destination.kind, sent.points])),
        late: Object.entries(pending)
          .filter(([, one]) => one.pending > 0)
          .map(
            ([kind]) =>
              `${kind}: ${deliveries.find(({ destination }) => destination.kind === kind)?.error?.message ?? 'late'}`,
          ),
        longestTask,
      };
    },
    { datasetId: dataset, steps, batch: BATCH, destinations: plain, watched, away, patience: SETTLING_MS },
  );
}
