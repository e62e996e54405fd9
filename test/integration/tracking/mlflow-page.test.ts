/**
 * The whole way: a run of the page, in a real browser, reaches a real MLflow server although the server is killed twice and the
 * browser once, and its model comes back by alias.
 */
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserArguments, chooseAdapter, findBrowser } from '../../../bin/browser';
import { ensureBuilt } from '../../../bin/build';
import type { DeliveryRow } from '../../../src/store/delivery';
import type { RunRow } from '../../../src/store/schema';
import { scratchFolder } from '../../e2e/harness/command-line';
import { killBrowserOn } from '../../e2e/harness/crash';
import { openLathe } from '../../e2e/harness/page';
import { serveSite, type Site } from '../../e2e/harness/site';
import { describePython, runPython } from '../python';
import { MlflowReader } from './read-mlflow';
import { startMlflow } from './servers/mlflow';
import type { PythonServer } from './servers/python-server';

const METRICS = 20;
const STEPS = 5000;
const PARAMS = 300;

/** Rows that the model predicts, as the page's form and as Python have them. */
const ROWS = [
  [0.1, -0.2],
  [1.5, 0.7],
  [-0.9, 1.1],
];

/** Value of a metric at a step, the same here and in the page. */
const valueOf = (metric: number, step: number): number => (metric + 1) / step;

describePython('a run of the page', () => {
  const folder = scratchFolder();
  const reader = new MlflowReader();
  const profile = folder.file('browser');
  let server: PythonServer;
  let site: Site;
  let context: BrowserContext;
  let page: Page;

  const open = async (): Promise<void> => {
    const executablePath = await findBrowser();
    const { adapter } = await chooseAdapter(executablePath);
    context = await chromium.launchPersistentContext(profile, { executablePath, args: browserArguments(adapter) });
    page = await openLathe(context, site.url);
  };

  const delivery = async (): Promise<DeliveryRow> => {
    // Their recursive types are too deep for Playwright's.
    const [row] = await page.evaluate(
      async (): Promise<unknown[]> => (await window.lathe?.tracking.deliveries()) ?? [],
    );
    return row as DeliveryRow;
  };

  /** Waits until a delivery is as it should be. */
  const until = async (what: string, ready: (row: DeliveryRow) => boolean): Promise<DeliveryRow> => {
    const deadline = Date.now() + 240_000;
    for (;;) {
      const row = await delivery();
      if (ready(row)) return row;
      if (Date.now() > deadline) throw new Error(`${what} did not come: ${JSON.stringify({ ...row, cursor: null })}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  beforeAll(async () => {
    await ensureBuilt((line) => void process.stderr.write(`${line}\n`));
    [server, site] = await Promise.all([startMlflow(), serveSite()]);
    await open();
  }, 240_000);

  afterAll(async () => {
    await context.close();
    await Promise.all([site.close(), server.stop(), reader.close()]);
    folder.remove();
  });

  it(
    'arrives complete and once, and its model predicts the same bits when it comes back by alias',
    { timeout: 600_000 },
    async () => {
      // A model whose bundle is over 40 MB, and a table of two numbers.
      const id = await page.evaluate(async () => {
        const { lathe } = window;
        if (!lathe) throw new Error('The workbench is not there.');
        const dataset = await lathe.datasets.importSample('spirals');
        const suggested = lathe.configs.suggest(dataset);
        const config = await lathe.configs.fromYaml(`
name: long
model: {architecture: mlp, hidden: [2260, 2260], dropout: 0}
training: {epochs: 1, max_steps: 2, batch_size: 8, optimizer: {name: sgd}, early_stopping: null}
logging: {system: {every_seconds: null}}`);
        const run = await lathe.runs.start({ ...config, data: suggested.data }, dataset.id);
        await lathe.runs.wait(run.id);
        return run.id;
      });

      // As if it had trained for long, with many settings.
      await page.evaluate(
        async ({ run, metrics, steps, params }) => {
          const opening = indexedDB.open('lathe');
          const database = await new Promise<IDBDatabase>((resolve, reject) => {
            opening.onsuccess = () => resolve(opening.result);
            opening.onerror = () => reject(new Error('The database cannot be opened.'));
          });
          const transaction = database.transaction(['runs', 'metrics'], 'readwrite');
          const runs = transaction.objectStore('runs');
          const reading = runs.get(run);
          reading.onsuccess = () => {
            const row: RunRow = reading.result;
            for (let i = 0; i < params; i++) row.config.data.columns[`setting_${i}`] = 'ignore';
            runs.put(row);
          };
          const CHUNK = 2048;
          for (let metric = 0; metric < metrics; metric++) {
            for (let from = 0; from < steps; from += CHUNK) {
              const length = Math.min(CHUNK, steps - from);
              const at = Uint32Array.from({ length }, (_, i) => from + i + 1);
              transaction.objectStore('metrics').put({
                run_id: run,
                metric: `long/metric_${metric}`,
                chunk: from / CHUNK,
                steps: at,
                values: Float64Array.from(at, (step) => (metric + 1) / step),
                times: Float64Array.from(at, (step) => 1_700_000_000_000 + step),
              });
            }
          }
          await new Promise((resolve, reject) => {
            transaction.oncomplete = resolve;
            transaction.onabort = () => reject(new Error('The points cannot be stored.'));
          });
          database.close();
        },
        { run: id, metrics: METRICS, steps: STEPS, params: PARAMS },
      );

      const rows = ROWS.map(([x, y]) => ({ x: String(x), y: String(y) }));
      const before = await page.evaluate(
        async ({ run, given }) => JSON.stringify(await window.lathe?.models.predictRows({ run_id: run }, given)),
        { run: id, given: rows },
      );

      const destination = {
        kind: 'mlflow',
        options: { url: server.url, experiment: 'long runs', model_name: 'spirals', alias: 'champion' },
      };
      await page.evaluate(
        async ({ run, to }) => {
          await window.lathe?.tracking.send({ noun: 'run', id: run }, to);
        },
        { run: id, to: destination },
      );
      // Nothing leaves before the user has allowed the address.
      expect(await until('The refusal', ({ error }) => error !== null)).toMatchObject({
        state: 'blocked',
        error: { code: 'not_allowed' },
        sent: { requests: 0 },
      });
      await page.evaluate(async (url) => window.lathe?.tracking.allow(url), server.url);

      await until('The first points', ({ sent }) => sent.points > 5_000);
      await server.kill();
      await until('The failure', ({ error }) => error?.code === 'unreachable');
      await server.restart();
      const { sent } = await until('More points', (row) => row.error === null && row.sent.points > 20_000);
      expect(killBrowserOn(profile)).toBeGreaterThan(0);
      await open();
      // It goes on by itself, without anything said twice.
      await until('Points after the crash', (row) => row.sent.points > sent.points + 20_000);
      await server.kill();
      await server.restart();
      await page.evaluate(async () => window.lathe?.tracking.retry());
      const done = await until('The end', ({ state }) => state === 'done');
      expect(done.pending).toBe(0);

      const found = await reader.runs(server.url, id);
      expect(found).toHaveLength(1);
      const [{ metrics, params, status, files, tags }] = found;
      expect(status).toBe('FINISHED');
      expect(Object.keys(params).length).toBeGreaterThan(PARAMS);
      expect(params['data.columns.setting_299']).toBe('ignore');
      expect(tags['lathe.run_id']).toBe(id);
      for (let metric = 0; metric < METRICS; metric++) {
        const points = metrics[`long/metric_${metric}`];
        expect(points).toHaveLength(STEPS);
        points.forEach(([step, value, time], i) => {
          if (step !== i + 1 || value !== valueOf(metric, step) || time !== 1_700_000_000_000 + step) {
            throw new Error(`Point ${i} of metric ${metric} is [${step}, ${value}, ${time}].`);
          }
        });
      }
      expect(files['model/bundle.zip']).toBeGreaterThan(40_000_000);
      expect(Object.keys(files)).toEqual(
        expect.arrayContaining(['config.yaml', 'plots/confusion-val.png', 'model/MLmodel']),
      );

      const after = await page.evaluate(
        async ({ run, to, given }) => {
          const { lathe } = window;
          if (!lathe) throw new Error('The workbench is not there.');
          const [model] = await lathe.registry.models(to);
          const [version] = await lathe.registry.versions(to, model.name);
          const here = await lathe.registry.load(to, 'spirals', '@champion');
          const predicted = await lathe.models.predictRows(here, given);
          // Every method that such changes take has to be one that the server lets pages use.
          await lathe.registry.setAlias(to, 'spirals', 'shown', '1');
          await lathe.registry.setAlias(to, 'spirals', 'gone', '1');
          await lathe.registry.removeAlias(to, 'spirals', 'gone');
          await lathe.registry.describe(to, 'spirals', '1', { description: 'Two arms', tags: { a: 'b', c: 'd' } });
          await lathe.registry.describe(to, 'spirals', '1', { tags: { c: null } });
          // By hand it stays the version that it is, and what is said is done.
          await lathe.registry.register({ run_id: run }, to, {
            model: 'spirals',
            alias: 'hand',
            description: 'By hand',
          });
          const [changed] = await lathe.registry.versions(to, 'spirals');
          return {
            name: model.name,
            aliases: version.aliases,
            opens: version.opens,
            changed: [changed.aliases, changed.description, changed.tags.a, changed.tags.c ?? null],
            predicted: JSON.stringify(predicted),
          };
        },
        { run: id, to: destination, given: rows },
      );
      expect(after).toEqual({
        name: 'spirals',
        aliases: ['champion'],
        opens: true,
        changed: [['champion', 'hand', 'shown'], 'By hand', 'b', null],
        predicted: before,
      });

      const python = await runPython(
        'tracking/predict_bundle.py',
        { uri: server.url, model: 'spirals', alias: 'champion', rows: ROWS },
        v.object({ bytes: v.number(), probabilities: v.array(v.array(v.number())) }),
      );
      expect(python.bytes).toBe(files['model/bundle.zip']);
      const ours: { predictions: { probabilities: Record<string, number> }[] } = JSON.parse(after.predicted);
      ours.predictions.forEach(({ probabilities }, i) => {
        const values = Object.values(probabilities);
        expect(values).toHaveLength(python.probabilities[i].length);
        values.forEach((value) =>
          expect(python.probabilities[i].some((other) => Math.abs(other - value) < 1e-5)).toBe(true),
        );
      });
    },
  );
});
