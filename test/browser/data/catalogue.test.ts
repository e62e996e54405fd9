import { afterAll, expect, it } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import { connect, transfer } from '../../../src/base/rpc';
import { parseConfig } from '../../../src/config/parse';
import type { DataApi, ImportProgress } from '../../../src/data/api';
import { prepareTraining } from '../../../src/data/prepare';
import { databaseBlobs } from '../../../src/store/blobs';
import { openDatabase } from '../../../src/store/database';

const worker = new Worker(new URL('../../../workers/data.ts', import.meta.url), { type: 'module' });
const api = connect<DataApi>(worker);
afterAll(() => worker.terminate());

const csv = (path: string, text: string) => ({ path, file: new File([text], path) });
const TABLE = `x,label\n${Array.from({ length: 30 }, (_, i) => `${i}.5,${'ab'[i % 2]}`).join('\n')}\n`;

it('imports, keeps and shows a table from its worker, and says how far it is', async () => {
  const { port1, port2 } = new MessageChannel();
  const progress: ImportProgress[] = [];
  port1.onmessage = ({ data }: MessageEvent<ImportProgress>) => void progress.push(data);
  const { datasets } = await api.importFiles([csv('kept.csv', TABLE)], transfer(port2, [port2]));
  const database = await openDatabase();
  expect(await database.get('datasets', datasets[0].id)).toEqual(datasets[0]);
  expect(await api.preview(datasets[0], 28, 5)).toEqual({
    kind: 'table',
    offset: 28,
    rows: [
      ['28.5', 'a'],
      ['29.5', 'b'],
    ],
  });
  await expect.poll(() => progress.length).toBeGreaterThan(0);
  expect(progress[0].stage).toBe('Reading kept.csv');

  // The same again is not stored twice; other content under the same name gets another.
  const again = await api.importFiles([csv('kept.csv', TABLE)]);
  expect(again.datasets[0].id).toBe(datasets[0].id);
  const other = await api.importFiles([csv('kept.csv', TABLE.replace('0.5', '99.5'))]);
  expect(other.datasets[0].name).toBe('kept 2');
  database.close();
});

it('carries an error whole across the worker’s boundary', async () => {
  const error: unknown = await api.importFiles([csv('head.csv', 'a,b\n')]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LatheError);
  expect(error).toMatchObject({ kind: 'data', where: { file: 'head.csv', row: 2 } });
  await expect(api.importSample('nothing')).rejects.toThrow(
    'There is no sample “nothing”. The samples are spirals, houses, glyphs, tales.',
  );
});

it('makes every sample, the same each time', async () => {
  const samples = await api.samples();
  expect(samples.map(({ name }) => name)).toEqual(['spirals', 'houses', 'glyphs', 'tales']);
  for (const { name } of samples) {
    const dataset = await api.importSample(name);
    expect(dataset).toMatchObject({ name, source: { sample: name } });
    expect((await api.importSample(name)).id).toBe(dataset.id);
  }
});

it('draws glyphs that differ by class and within it', async () => {
  const dataset = await api.importSample('glyphs');
  expect(dataset).toMatchObject({
    kind: 'images',
    examples: 1500,
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    image: { height: 28, width: 28, channels: 1, uniform: true },
  });
  const preview = await api.preview(dataset, 0, 20);
  if (preview.kind !== 'images') throw new Error('not images');
  expect(preview.images.map(({ label }) => label)).toEqual([...'01234567890123456789']);

  const database = await openDatabase();
  const data = await prepareTraining(dataset, parseConfig({}), databaseBlobs(database));
  database.close();
  // A tenth to a third of the pixels are ink, none of the glyphs is empty, and no two are alike.
  const { inputs } = await data.batch(data.splits.train);
  const scale = data.preprocessing.inputs;
  if (scale.kind !== 'images') throw new Error('not images');
  const ink = Array.from(
    { length: data.splits.train.length },
    (_, i) =>
      inputs.subarray(i * 784, (i + 1) * 784).reduce((sum, value) => sum + value * scale.std[0] + scale.mean[0], 0) /
      784,
  );
  expect(Math.min(...ink)).toBeGreaterThan(0.03);
  expect(Math.max(...ink)).toBeLessThan(0.5);
  expect(new Set(ink).size).toBe(ink.length);
});
