import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Workbench } from '../../../src/app/api';
import { openWorkbench } from '../../../src/app/workbench';
import { startBackend } from '../../../src/engine/backend';
import { openDatabase, type Database } from '../../../src/store/database';
import { readLog } from '../../../src/store/logs';
import type { Preprocessing, RunRow } from '../../../src/store/schema';
import { storeRun } from '../../helpers/stored-run';

const preprocessing: Preprocessing = {
  version: 1,
  task: 'regression',
  input_shape: [1],
  inputs: {
    kind: 'table',
    decimal_comma: false,
    columns: [{ name: 'x', role: 'number', mean: 0, std: 1, missing_indicator: false }],
  },
  target: ['y'],
  classes: null,
  target_scale: { mean: [0], std: [1] },
};

let database: Database;

beforeAll(() => startBackend(['cpu']));
afterEach(async () => {
  const { objectStoreNames } = database;
  await Promise.all([...objectStoreNames].map((store) => database.clear(store)));
  database.close();
});

/** A run that finished, in the page's own database, and whose tab was closed at that very moment. */
async function cutOff(registry: object): Promise<RunRow> {
  database = await openDatabase();
  return storeRun(database, {
    config: { name: 'line', model: { architecture: 'linear' }, registry: { mlflow: registry } },
    preprocessing,
  });
}

const registered = async (workbench: Workbench): Promise<unknown> =>
  (await workbench.registry.versions('local', 'line')).map(({ version, run_id }) => [version, run_id]);

it('registers what finished while no page was there to do it, in two tabs once', async () => {
  const run = await cutOff({ tracking_uri: 'local', model_name: 'line', alias: 'champion' });
  const tabs = await Promise.all([openWorkbench({ driven: true }), openWorkbench({ driven: false })]);
  for (const tab of tabs) expect(await registered(tab)).toEqual([['1', run.id]]);
  await tabs[0].runs.wait(run.id);
  expect(await registered(tabs[1])).toEqual([['1', run.id]]);
  const lines = (await readLog(database, run.id)).filter(({ message }) => message.includes('version 1 of line'));
  expect(lines).toHaveLength(1);
  const ref = await tabs[0].registry.load('local', 'line', '@champion');
  expect(await tabs[1].models.predictRows(ref, [{ x: '0.5' }])).toEqual(
    await tabs[0].models.predictRows({ run_id: run.id }, [{ x: '0.5' }]),
  );
});

it('tells every tab of a change', async () => {
  const run = await cutOff({});
  const [here, there] = await Promise.all([openWorkbench({ driven: true }), openWorkbench({ driven: true })]);
  const heard = new Promise((resolve) => {
    there.subscribe((event) => {
      if (event.type === 'changed' && event.noun === 'registered_model') resolve(event.id);
    });
  });
  await here.registry.register({ run_id: run.id }, 'local', { model: 'line', alias: null });
  expect(await heard).toBe('line');
  await here.registry.remove('line', '1');
  expect(await registered(there)).toEqual([]);
  await there.registry.restore('line', '1');
  expect(await registered(here)).toEqual([['1', run.id]]);
});

it('sends no imported or registered model to a server, which wants its run', async () => {
  const run = await cutOff({});
  const workbench = await openWorkbench({ driven: true });
  await workbench.registry.register({ run_id: run.id }, 'local', { model: 'line', alias: null });
  const server = { kind: 'mlflow', options: { url: 'http://localhost:1' } };
  await expect(
    workbench.registry.register({ registered_model: 'line', version: 1 }, server, { model: 'line', alias: null }),
  ).rejects.toMatchObject({ kind: 'usage' });
});
