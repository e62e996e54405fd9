/** What is recorded beside the curves, of each kind of data. */
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import type { PreparedData } from '../../../src/data/contract';
import { importFiles } from '../../../src/data/import';
import { prepareTraining } from '../../../src/data/prepare';
import { memoryBlobs } from '../../../src/store/blobs';
import { readLog } from '../../../src/store/logs';
import { readMedia } from '../../../src/store/media';
import { shareDevice } from '../share-device';
import { freshDatabase, sit, storeRun, syntheticData } from './fixture';
import { ALL, bits, of, pixelsOf, recording } from './media-fixture';

shareDevice();

test('images are shown in a grid, the same ones each time, and the confusion matrix is legible', async () => {
  const database = await freshDatabase();
  const config = recording(
    { every_epochs: 1, predictions: 6, embeddings: 1000 },
    { model: { architecture: 'cnn', filters: [4] }, training: { epochs: 2, batch_size: 16 } },
  );
  const run = await storeRun(database, config);
  const data = syntheticData({ shape: [8, 6, 3] });
  await sit(database, run.id, data);
  const rows = await readMedia(database, run.id);
  const grids = of(rows, 'predictions/examples', 'image');
  expect(grids).toHaveLength(2);
  const pictures = await Promise.all(grids.map(({ blob }) => pixelsOf(blob)));
  for (const [i, { width, height, data: pixels }] of pictures.entries()) {
    expect([width, height]).toEqual([grids[i].width, grids[i].height]);
    expect(new Set(pixels).size).toBeGreaterThan(50);
  }
  const tables = of(rows, 'predictions/table', 'table');
  expect(tables[0].columns).toEqual(['example', 'truth', 'prediction', 'confidence']);
  expect(tables[0].rows.map(([number, truth]) => [number, truth])).toEqual(
    tables[1].rows.map(([number, truth]) => [number, truth]),
  );
  for (const [number, truth, prediction, confidence] of tables[1].rows) {
    expect(data.splits.validation).toContain(Number(number) - 1);
    expect(data.preprocessing.classes).toContain(truth);
    expect(data.preprocessing.classes).toContain(prediction);
    expect(confidence).toBeGreaterThan(1 / 3);
    expect(confidence).toBeLessThanOrEqual(1);
  }
  const [confusion] = of(rows, 'confusion/val', 'image');
  expect(confusion.blob.type).toBe('image/png');
  const [red, green, blue] = (await pixelsOf(confusion.blob)).data;
  expect([red, green, blue]).toEqual([255, 255, 255]);
  const [first, last] = of(rows, 'embeddings/last_hidden', 'embedding');
  expect(first.columns).toEqual(['label', 'prediction', 'example']);
  expect(first.metadata).toHaveLength(data.splits.validation.length);
  expect(first.vectors).toHaveLength(first.width * first.metadata.length);
  expect(first.vectors).not.toEqual(last.vectors);
});

test('without validation examples, or a hidden layer, the log says what there is not', async () => {
  const database = await freshDatabase();
  const base = { model: { architecture: 'linear' }, training: { epochs: 2, batch_size: 16 } };
  const said = async (data: PreparedData): Promise<string> => {
    const run = await storeRun(database, recording(ALL, base));
    expect((await sit(database, run.id, data)).row.status).toBe('finished');
    return (await readLog(database, run.id)).map(({ message }) => message).join('\n');
  };
  expect(await said(syntheticData())).toContain('this model has no hidden layer');
  expect(await said(syntheticData({ validation: false }))).toContain('There is no validation split, so neither');
});

const blobs = memoryBlobs();

async function imported(path: string, content: string, config: unknown): Promise<PreparedData> {
  const { datasets } = await importFiles([{ path, file: new File([content], path) }], blobs);
  return prepareTraining(datasets[0], parseConfig(config), blobs);
}

test('of a table the values of each example stand beside what is said of it', async () => {
  const lines = Array.from(
    { length: 120 },
    (_, i) =>
      `${i % 7 === 0 ? '' : i / 4},${i % 3 ? 'oak' : 'elm'},2024-03-${String((i % 28) + 1).padStart(2, '0')},${i * 3}`,
  );
  const config = recording(
    { predictions: 8, embeddings: 8 },
    {
      model: { architecture: 'mlp', hidden: [5] },
      training: { epochs: 1, batch_size: 16 },
      data: { target: 'price', task: 'regression' },
    },
  );
  const data = await imported('trees.csv', ['size,kind,day,price', ...lines].join('\n'), config);
  const database = await freshDatabase();
  const run = await storeRun(database, config);
  await sit(database, run.id, data);
  const rows = await readMedia(database, run.id);
  expect(of(rows, 'confusion/val', 'image')).toEqual([]);
  const [{ columns, rows: cells }] = of(rows, 'predictions/table', 'table');
  expect(columns).toEqual(['example', 'size', 'kind', 'day', 'truth', 'prediction']);
  expect(cells).toHaveLength(8);
  for (const [number, size, kind, day, truth, prediction] of cells) {
    const i = Number(number) - 1;
    expect([size, kind, day]).toEqual([
      i % 7 === 0 ? null : i / 4,
      i % 3 ? 'oak' : 'elm',
      `2024-03-${String((i % 28) + 1).padStart(2, '0')}`,
    ]);
    expect(truth).toBeCloseTo(3 * i, 2);
    expect(typeof prediction).toBe('number');
  }
});

test('a language model writes the same prompt on, and trains to the same bits', async () => {
  const base = {
    data: { split: { validation: 0.1, test: 0.1 } },
    model: { architecture: 'transformer', layers: 1, width: 16, heads: 2, context: 16, dropout: 0.1 },
    training: { epochs: 2, batch_size: 16, optimizer: { name: 'adamw', learning_rate: 1e-2 } },
  };
  const text = 'stone is ``` stone.\nonset is onset.\n'.repeat(30);
  const database = await freshDatabase();
  const config = recording({ every_epochs: 1, predictions: 3, embeddings: 5 }, base);
  const data = await imported('grammar.txt', text, config);
  const plain = await sit(database, (await storeRun(database, base)).id, data);
  const run = await storeRun(database, config);
  const { row } = await sit(database, run.id, data);
  expect(await bits(database, row)).toEqual(await bits(database, plain.row));
  const rows = await readMedia(database, run.id);
  const shape = /^Prompt:\n\n(`{3,})text\n([^]*?)\n\1\n\nThe model goes on:\n\n(`{3,})text\n([^]*)\n\3$/;
  const [first, last] = of(rows, 'predictions/text', 'text').map((content) => shape.exec(content.text) ?? []);
  expect(first[2]).toHaveLength(8);
  expect(text).toContain(first[2]);
  expect(last[2]).toBe(first[2]);
  expect(last[4]).toHaveLength(240);
  expect(last[4]).not.toBe(first[4]);
  const [{ width, metadata, columns }] = of(rows, 'embeddings/last_hidden', 'embedding');
  expect([width, metadata.length, columns]).toEqual([16, 5, ['label', 'prediction', 'text']]);
  for (const [, , passage] of metadata) expect(text).toContain(passage);
});
