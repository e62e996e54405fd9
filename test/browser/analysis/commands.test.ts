import { beforeEach, describe, expect, it } from 'vitest';
import type { AnalysisApi } from '../../../src/analysis/api';
import { analysisCommands } from '../../../src/analysis/commands';
import { Device } from '../../../src/analysis/device';
import { ModelCache } from '../../../src/analysis/model-cache';
import { parseConfig } from '../../../src/config/parse';
import type { RunConfigInput } from '../../../src/config/schema';
import type { ImportFile } from '../../../src/data/api';
import { importFiles } from '../../../src/data/import';
import { prepareTraining, splitDataset } from '../../../src/data/prepare';
import { exportCommands } from '../../../src/export/commands';
import { databaseBlobs } from '../../../src/store/blobs';
import type { Database } from '../../../src/store/database';
import type { DatasetRow, RunRow } from '../../../src/store/schema';
import { freshDatabase, storeRun } from '../../helpers/stored-run';

const csv = (path: string, text: string): ImportFile => ({ path, file: new File([text], path) });

/** 60 flowers, of three kinds that differ in colour and size; every seventh size is missing. */
const FLOWERS = [
  'size,colour,kind',
  ...Array.from({ length: 60 }, (_, i) => {
    const kind = i % 3;
    const size = i % 7 === 0 ? '' : String(kind * 2 + (i % 5) / 10);
    return `${size},${['red', 'blue', 'white'][(kind + (i % 11 === 0 ? 1 : 0)) % 3]},${['rose', 'iris', 'lily'][kind]}`;
  }),
].join('\n');

let database: Database;
let analysis: AnalysisApi;
let device: Device;

beforeEach(async () => {
  database = await freshDatabase();
  device = new Device(['webgpu', 'webgl', 'cpu'], () => cache.clear());
  const cache = new ModelCache(database, device);
  await device.start();
  analysis = analysisCommands(database, cache);
  return () => database.close();
});

/** Imports files as a dataset and stores a run on it, as the trainer would have prepared it. */
async function train(files: ImportFile[], input: RunConfigInput): Promise<{ dataset: DatasetRow; run: RunRow }> {
  const blobs = databaseBlobs(database);
  const {
    datasets: [dataset],
  } = await importFiles(files, blobs);
  await database.put('datasets', dataset);
  const { preprocessing } = await prepareTraining(dataset, parseConfig(input), blobs);
  return { dataset, run: await storeRun(database, { config: input, preprocessing, dataset }) };
}

const flowers = () =>
  train([csv('flowers.csv', FLOWERS)], {
    name: 'flowers',
    data: { target: 'kind', split: { validation: 0.2, test: 0.2 } },
    model: { architecture: 'mlp', hidden: [4] },
  });

describe('predictFiles', () => {
  it('predicts a table without its target column, gaps included', async () => {
    const { run } = await flowers();
    const result = await analysis.predictFiles({ run_id: run.id }, [
      csv('new.csv', 'size,colour\n1.5,red\n,blue\n0.2,white\n'),
    ]);
    expect(result.n).toBe(3);
    expect(result.metrics).toBeNull();
    expect(result.predictions.map(({ name }) => name)).toEqual(['1', '2', '3']);
    for (const { label = '', probabilities = {}, actual } of result.predictions) {
      expect(Object.keys(probabilities)).toEqual(['iris', 'lily', 'rose']);
      expect(probabilities[label]).toBe(Math.max(...Object.values(probabilities)));
      expect(actual).toBeUndefined();
    }
  });

  it('scores a table that has its target, whatever the order of its columns and however many more it has', async () => {
    const { run } = await flowers();
    const plain = await analysis.predictFiles({ run_id: run.id }, [csv('new.csv', 'size,colour\n1.5,red\n2.5,blue\n')]);
    const result = await analysis.predictFiles({ run_id: run.id }, [
      csv('new.csv', 'kind,garden,colour,size\nrose,north,red,1.5\niris,south,blue,2.5\n'),
    ]);
    expect(result.predictions.map(({ probabilities }) => probabilities)).toEqual(
      plain.predictions.map(({ probabilities }) => probabilities),
    );
    expect(result.predictions.map(({ actual }) => actual)).toEqual(['rose', 'iris']);
    expect(Object.keys(result.metrics ?? {})).toEqual(['loss', 'accuracy', 'f1']);
    expect(result.confusion?.labels).toEqual(['iris', 'lily', 'rose']);
  });

  it('names the input columns that are missing', async () => {
    const { run } = await flowers();
    await expect(
      analysis.predictFiles({ run_id: run.id }, [csv('new.csv', 'colour,weight\nred,3\nblue,4\n')]),
    ).rejects.toMatchObject({
      kind: 'data',
      where: { column: 'size' },
      message: expect.stringMatching(/lacks the column “size”/) as string,
    });
  });

  it('treats a category that it never saw as unknown, and says so', async () => {
    const { run } = await flowers();
    const result = await analysis.predictFiles({ run_id: run.id }, [csv('new.csv', 'size,colour\n1.5,violet\n1.5,\n')]);
    expect(result.notices.map(({ message }) => message).join(' ')).toMatch(/“violet”.*treated as unknown/);
    // Unknown and missing share the extra position.
    expect(result.predictions[0].probabilities).toEqual(result.predictions[1].probabilities);
  });

  it('says which label it does not know and leaves it out of the scores', async () => {
    const { run } = await flowers();
    const result = await analysis.predictFiles({ run_id: run.id }, [
      csv('new.csv', 'size,colour,kind\n1.5,red,rose\n1.5,red,tulip\n'),
    ]);
    expect(result.notices.map(({ message }) => message).join(' ')).toContain('“tulip”');
    expect(result.predictions[1].actual).toBeUndefined();
    expect(result.confusion?.matrix.flat().reduce((sum, n) => sum + n, 0)).toBe(1);
  });

  it('takes several files together and names a file that it could not use', async () => {
    const { run } = await flowers();
    const result = await analysis.predictFiles({ run_id: run.id }, [
      csv('a.csv', 'size,colour\n1.5,red\n'),
      csv('b.csv', 'size,colour\n2.5,blue\n0.5,red\n'),
      csv('empty.csv', ''),
    ]);
    expect(result.predictions.map(({ name }) => name)).toEqual(['a: 1', 'b: 1', 'b: 2']);
    expect(result.notices.map(({ message }) => message).join(' ')).toMatch(/empty\.csv was left out: .*empty/);
  });

  it('keeps nothing of what it predicted', async () => {
    const { run } = await flowers();
    const before = [await database.count('blobs'), await database.count('datasets')];
    await analysis.predictFiles({ run_id: run.id }, [csv('new.csv', 'size,colour\n1.5,red\n9.25,blue\n')]);
    expect([await database.count('blobs'), await database.count('datasets')]).toEqual(before);
  });

  it('tells a model from examples, and a picture from a table', async () => {
    const { run } = await flowers();
    const files = exportCommands(database, async () => undefined);
    const { name, blob } = await files.exportModel({ run_id: run.id }, 'bundle');
    await expect(
      analysis.predictFiles({ run_id: run.id }, [{ path: name, file: new File([blob], name) }]),
    ).rejects.toThrow(/flowers\.zip is a bundle, which holds a model/);
    await expect(analysis.predictFiles({ run_id: run.id }, [await picture('x.png', 3)])).rejects.toThrow(
      /takes rows of a table/,
    );
  });
});

describe('predictRows', () => {
  it('predicts as a file with the same cells would be', async () => {
    const { run } = await flowers();
    const rows = await analysis.predictRows({ run_id: run.id }, [{ size: '1.5', colour: 'red' }, { colour: 'blue' }]);
    const file = await analysis.predictFiles({ run_id: run.id }, [csv('new.csv', 'size,colour\n1.5,red\n,blue\n')]);
    expect(rows.predictions).toEqual(file.predictions);
  });

  it('refuses nothing at all, and rows without a column', async () => {
    const { run } = await flowers();
    await expect(analysis.predictRows({ run_id: run.id }, [])).rejects.toMatchObject({ kind: 'data' });
    await expect(analysis.predictRows({ run_id: run.id }, [{ size: '1' }])).rejects.toThrow(
      /lacks the column “colour”/,
    );
  });
});

describe('predictDataset', () => {
  it('predicts the very examples that the run held back for testing', async () => {
    const { dataset, run } = await flowers();
    const { test } = await splitDataset(dataset, run.config, databaseBlobs(database));
    const result = await analysis.predictDataset({ run_id: run.id }, dataset.id, 'test');
    expect(result.predictions.map(({ name }) => Number(name) - 1)).toEqual([...test]);
    expect(result.n).toBe(12);
    expect(result.metrics?.accuracy).toBeGreaterThanOrEqual(0);

    const [train, val, all] = await Promise.all(
      (['train', 'val', 'all'] as const).map((split) => analysis.predictDataset({ run_id: run.id }, dataset.id, split)),
    );
    expect([train.n, val.n, all.n]).toEqual([36, 12, 60]);
    const names = [train, val, result].flatMap(({ predictions }) => predictions.map(({ name }) => name));
    expect(new Set(names).size).toBe(60);
    const byName = new Map(all.predictions.map((prediction) => [prediction.name, prediction]));
    for (const prediction of result.predictions) expect(byName.get(prediction.name)?.label).toBe(prediction.label);
  });

  it('finds the same split after the user changed the roles of columns', async () => {
    const { dataset, run } = await flowers();
    const before = await analysis.predictDataset({ run_id: run.id }, dataset.id, 'test');
    if (dataset.kind !== 'table') throw new Error('not a table');
    await database.put('datasets', {
      ...dataset,
      columns: dataset.columns.map((column) => ({ ...column, role: 'text' })),
    });
    expect(await analysis.predictDataset({ run_id: run.id }, dataset.id, 'test')).toEqual(before);
  });

  it('takes at most as many as asked for', async () => {
    const { dataset, run } = await flowers();
    expect((await analysis.predictDataset({ run_id: run.id }, dataset.id, 'all', 5)).n).toBe(5);
  });

  it('knows that another dataset has no split of the run', async () => {
    const { run } = await flowers();
    const { dataset } = await train([csv('other.csv', FLOWERS.replace('0.1,', '0.9,'))], {
      data: { target: 'kind' },
      model: { architecture: 'linear' },
    });
    await expect(analysis.predictDataset({ run_id: run.id }, dataset.id, 'test')).rejects.toThrow(
      /was not trained on “other”/,
    );
    expect((await analysis.predictDataset({ run_id: run.id }, dataset.id, 'all')).n).toBe(60);
    await expect(analysis.predictDataset({ run_id: run.id }, 'gone', 'all')).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  it('finds the test split for an imported model of the same data, with the same predictions', async () => {
    const { dataset, run } = await flowers();
    const files = exportCommands(database, () => device.start());
    const { name, blob } = await files.exportModel({ run_id: run.id }, 'bundle');
    const model = await files.importBundle(new File([blob], name));
    expect(await analysis.predictDataset({ model_id: model.id }, dataset.id, 'test')).toEqual(
      await analysis.predictDataset({ run_id: run.id }, dataset.id, 'test'),
    );
  });
});

describe('images', () => {
  it('predicts pictures of any size by name, labelled or not', async () => {
    const files = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => picture(`shapes/${i % 2 ? 'dark' : 'light'}/${i}.png`, i)),
    );
    const { dataset, run } = await train(files, { name: 'shades', model: { architecture: 'cnn', filters: [2] } });
    expect(
      await analysis.summarize(parseConfig({ model: { architecture: 'cnn', filters: [2] } }), dataset.id),
    ).toMatchObject({
      architecture: 'cnn',
      input_shape: [8, 8, 1],
      outputs: 2,
    });
    const result = await analysis.predictFiles({ run_id: run.id }, [
      await picture('new/a.png', 3, 20),
      await picture('new/b.png', 4),
    ]);
    expect(result.predictions.map(({ name }) => name.split('/').at(-1))).toEqual(['a.png', 'b.png']);
    expect(Object.keys(result.predictions[0].probabilities ?? {})).toEqual(['dark', 'light']);
    const own = await analysis.predictDataset({ run_id: run.id }, dataset.id, 'all', 3);
    expect(own.predictions.map(({ actual }) => actual)).not.toContain(undefined);
    expect(own.n).toBe(3);
  });
});

describe('summarize', () => {
  it('says what a model of the dataset would be', async () => {
    const { dataset } = await flowers();
    const config = parseConfig({ data: { target: 'kind' }, model: { architecture: 'mlp', hidden: [4] } });
    const summary = await analysis.summarize(config, dataset.id);
    // size with its missing indicator, three colours and the extra position
    expect(summary).toMatchObject({
      architecture: 'mlp',
      input_shape: [6],
      outputs: 3,
      parameters: 6 * 4 + 4 + 4 * 3 + 3,
    });
    expect(summary.layers.map(({ output_shape }) => output_shape)).toEqual([[4], [3]]);
    const wider = await analysis.summarize(parseConfig({ ...config, model: { architecture: 'linear' } }), dataset.id);
    expect(wider.parameters).toBe(6 * 3 + 3);
  });

  it('says why there can be no such model', async () => {
    const { dataset } = await flowers();
    const config = parseConfig({ data: { target: 'kinds' }, model: { architecture: 'linear' } });
    await expect(analysis.summarize(config, dataset.id)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('kind') as string,
    });
    const cnn = parseConfig({ data: { target: 'kind' }, model: { architecture: 'cnn' } });
    await expect(analysis.summarize(cnn, dataset.id)).rejects.toMatchObject({ kind: 'config' });
  });
});

/** A PNG of one shade of grey, dark where `shade` is odd. */
async function picture(path: string, shade: number, side = 8): Promise<ImportFile> {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const grey = (shade % 2 ? 40 : 200) + shade;
  context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
  context.fillRect(0, 0, side, side);
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return { path, file: new File([blob], path.split('/').at(-1) ?? path) };
}
