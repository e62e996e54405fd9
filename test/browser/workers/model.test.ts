import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelApi } from '../../../src/app/workers';
import { connect, type Remote } from '../../../src/base/rpc';
import { parseConfig } from '../../../src/config/parse';
import { importFiles } from '../../../src/data/import';
import { prepareTraining } from '../../../src/data/prepare';
import { startBackend } from '../../../src/engine/backend';
import { databaseBlobs } from '../../../src/store/blobs';
import { openDatabase, type Database } from '../../../src/store/database';
import type { RunRow } from '../../../src/store/schema';
import { storeRun } from '../../helpers/stored-run';

const config = { name: 'halves', data: { target: 'side' }, model: { architecture: 'mlp' as const, hidden: [4] } };
const table = [
  'x,y,side',
  ...Array.from({ length: 40 }, (_, i) => `${i / 10},${(i % 7) / 3},${i < 20 ? 'left' : 'right'}`),
].join('\n');

let worker: Worker;
let model: Remote<ModelApi>;
let database: Database;
let run: RunRow;

// The worker opens the page's own database; so does the test.
beforeAll(async () => {
  worker = new Worker(new URL('../../../workers/model.ts', import.meta.url), { type: 'module' });
  model = connect<ModelApi>(worker);
  database = await openDatabase();
  await startBackend(['cpu']);
  const blobs = databaseBlobs(database);
  const {
    datasets: [dataset],
  } = await importFiles([{ path: 'halves.csv', file: new File([table], 'halves.csv') }], blobs);
  await database.put('datasets', dataset);
  const { preprocessing } = await prepareTraining(dataset, parseConfig(config), blobs);
  run = await storeRun(database, { config, preprocessing, dataset });
});

afterAll(() => {
  worker.terminate();
  database.close();
  indexedDB.deleteDatabase('lathe');
});

describe('the model worker', () => {
  it('summarises, predicts, exports and imports from another thread', async () => {
    expect(await model.summarize(parseConfig(config), run.dataset_id)).toMatchObject({ input_shape: [2], outputs: 2 });
    const rows = await model.predictRows({ run_id: run.id }, [{ x: '0.5', y: '1' }]);
    expect(Object.keys(rows.predictions[0].probabilities ?? {})).toEqual(['left', 'right']);
    const { name, blob } = await model.exportModel({ run_id: run.id }, 'bundle');
    expect(name).toBe('halves.zip');
    const imported = await model.importBundle(new File([blob], name));
    expect(await model.predictRows({ model_id: imported.id }, [{ x: '0.5', y: '1' }])).toEqual(rows);
    expect((await model.predictDataset({ model_id: imported.id }, run.dataset_id, 'all', 7)).n).toBe(7);
    const dropped = new File(['x,y\n1,2\n3,4\n'], 'new.csv');
    expect((await model.predictFiles({ run_id: run.id }, [{ path: 'new.csv', file: dropped }])).n).toBe(2);
  });

  it('lets the page catch the very error that it raised', async () => {
    await expect(model.exportModel({ run_id: 'nope' }, 'bundle')).rejects.toMatchObject({
      name: 'LatheError',
      kind: 'not_found',
    });
    await expect(model.importBundle(new File(['PK'], 'broken.zip'))).rejects.toMatchObject({
      name: 'LatheError',
      kind: 'bundle',
      where: { file: 'broken.zip' },
    });
  });

  it('answers many calls at once', async () => {
    const grid = Array.from({ length: 900 }, (_, i) => ({
      x: String((i % 30) / 10),
      y: String(Math.floor(i / 30) / 10),
    }));
    const results = await Promise.all(
      Array.from({ length: 4 }, async () => model.predictRows({ run_id: run.id }, grid)),
    );
    for (const { n, predictions } of results) {
      expect(n).toBe(900);
      expect(predictions).toEqual(results[0].predictions);
    }
  });
});
