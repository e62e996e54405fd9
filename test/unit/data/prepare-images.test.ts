import { describe, expect, it } from 'vitest';
import { idxFile } from '../../../src/data/samples/idx-file';
import { importFiles } from '../../../src/data/import';
import { preparePrediction, prepareTraining } from '../../../src/data/prepare';
import { memoryBlobs, type BlobStore } from '../../../src/store/blobs';
import type { DatasetRow } from '../../../src/store/schema';
import type { ImportFile } from '../../../src/data/api';
import { config, failure, importTable, sharedData, sharedFile, told } from './helpers';

/** `labels.length` images of `side` × `side`, every pixel of image i of the value `grey(i)`. */
function pair(prefix: string, labels: number[], side = 4, grey = (i: number): number => i * 3): ImportFile[] {
  const pixels = Uint8Array.from({ length: labels.length * side * side }, (_, k) => grey(Math.floor(k / side ** 2)));
  return [
    idxFile(`${prefix}-images-idx3-ubyte`, [labels.length, side, side], pixels),
    idxFile(`${prefix}-labels-idx1-ubyte`, [labels.length], Uint8Array.from(labels)),
  ];
}

const cycle = (n: number, classes: number): number[] => Array.from({ length: n }, (_, i) => i % classes);

async function stored(files: ImportFile[]): Promise<{ dataset: DatasetRow; blobs: BlobStore }> {
  const blobs = memoryBlobs();
  const { datasets } = await importFiles(files, blobs);
  return { dataset: datasets[0], blobs };
}

describe('images', () => {
  it('are scaled to 0 … 1 and standardised by the training images', async () => {
    const { dataset, blobs } = await stored(pair('train', cycle(60, 3)));
    const data = await prepareTraining(dataset, config(''), blobs);
    expect(data.preprocessing).toMatchObject({ input_shape: [4, 4, 1], classes: ['0', '1', '2'], target: ['label'] });
    expect(data.class_counts?.reduce((a, b) => a + b)).toBe(data.splits.train.length);
    const { inputs } = await data.batch(data.splits.train);
    const mean = inputs.reduce((a, b) => a + b) / inputs.length;
    const variance = inputs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inputs.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(variance).toBeCloseTo(1, 4);
    const scale = data.preprocessing.inputs;
    if (scale.kind !== 'images') throw new Error('not images');
    const one = await data.batch([7]);
    expect(one.inputs[0]).toBeCloseTo((21 / 255 - scale.mean[0]) / scale.std[0], 5);
    expect(one.targets).toEqual(Int32Array.of(1));
  });

  it('are split in folds, all beside the source’s own test split', async () => {
    const { dataset, blobs } = await stored([...pair('train', cycle(60, 3)), ...pair('t10k', cycle(12, 3))]);
    const prepare = (index: number) =>
      prepareTraining(dataset, config(`data: {split: {fold: {index: ${index}, of: 2}}}`), blobs);
    const [a, b] = [await prepare(0), await prepare(1)];
    expect([...a.splits.train]).toEqual([...b.splits.validation]);
    expect([...b.splits.train]).toEqual([...a.splits.validation]);
    expect(a.class_counts).toEqual([10, 10, 10]);
    expect(a.splits.test.length).toBe(12);
  });

  it('keep the source’s own test split, which no limit touches', async () => {
    const { dataset, blobs } = await stored([...pair('train', cycle(60, 3)), ...pair('t10k', cycle(12, 3))]);
    const data = await prepareTraining(dataset, config('data: {limit: 20}'), blobs);
    expect(data.splits.test.length).toBe(12);
    expect(data.splits.train.length + data.splits.validation.length).toBe(20);
    const { targets } = await data.batch(data.splits.test);
    expect([...targets]).toEqual(cycle(12, 3));
  });

  it('with a label that only the test split has count it as unlabelled, naming it', async () => {
    const { dataset, blobs } = await stored([...pair('train', cycle(30, 2)), ...pair('t10k', [0, 1, 9])]);
    const data = await prepareTraining(dataset, config(''), blobs);
    expect(data.preprocessing.classes).toEqual(['0', '1']);
    expect([...(await data.batch(data.splits.test)).targets]).toEqual([0, 1, -1]);
    expect(told(data)).toMatch(/The label “9” of the images does not occur in the training split; 1 example/);
  });

  it('are scaled to the size asked for, and down to 64 where none is', async () => {
    const { dataset, blobs } = await stored(pair('train', cycle(20, 2), 80));
    const asked = await prepareTraining(dataset, config('data: {image_size: 8}'), blobs);
    expect(asked.preprocessing.input_shape).toEqual([8, 8, 1]);
    const own = await prepareTraining(dataset, config(''), blobs);
    expect(own.preprocessing.input_shape).toEqual([64, 64, 1]);
    expect(told(own)).toMatch(/scaled from 80 × 80 to 64 × 64/);
    const scale = asked.preprocessing.inputs;
    if (scale.kind !== 'images') throw new Error('not images');
    // An image of one grey stays of that grey.
    for (const value of (await asked.batch([5])).inputs)
      expect(value).toBeCloseTo((15 / 255 - scale.mean[0]) / scale.std[0], 5);
  });

  it('of one class, without labels, or with columns in the config are refused', async () => {
    const one = await stored(pair('train', cycle(20, 1)));
    expect((await failure(() => prepareTraining(one.dataset, config(''), one.blobs))).message).toMatch(
      /has only one class to learn from \(“0”\)/,
    );
    const none = await stored([pair('train', cycle(20, 2))[0]]);
    expect((await failure(() => prepareTraining(none.dataset, config(''), none.blobs))).message).toMatch(
      /have no labels to learn/,
    );
    const two = await stored(pair('train', cycle(20, 2)));
    expect(
      await failure(() => prepareTraining(two.dataset, config('data: {columns: {a: number}}'), two.blobs)),
    ).toMatchObject({
      kind: 'config',
      where: { key: 'data.columns.a' },
    });
    expect((await failure(() => prepareTraining(two.dataset, config('data: {target: x}'), two.blobs))).where.key).toBe(
      'data.target',
    );
  });

  it('with numbers as labels can be regressed', async () => {
    const { dataset, blobs } = await stored(pair('train', cycle(40, 5)));
    const data = await prepareTraining(dataset, config('data: {task: regression}'), blobs);
    const { targets } = await data.batch([3]);
    const scale = data.preprocessing.target_scale;
    expect(targets[0] * (scale?.std[0] ?? 0) + (scale?.mean[0] ?? 0)).toBeCloseTo(3, 5);
  });

  it('are predicted at the size that the model takes', async () => {
    const { dataset, blobs } = await stored(pair('train', cycle(60, 3)));
    const data = await prepareTraining(dataset, config(''), blobs);
    const fresh = await stored(pair('new', [2, 7], 8, () => 60));
    const prediction = await preparePrediction(fresh.dataset, data.preprocessing, fresh.blobs);
    const { inputs, targets } = await prediction.batch([0, 1]);
    expect(inputs).toHaveLength(32);
    expect(inputs[0]).toBeCloseTo((await data.batch([20])).inputs[0], 5);
    expect([...targets]).toEqual([2, -1]);
    expect(prediction.labelled).toBe(true);
  });

  it('are not taken for a table, nor a table for images', async () => {
    const images = await stored(pair('train', cycle(60, 3)));
    const table = await importTable(
      't.csv',
      `a,label\n${cycle(30, 3)
        .map((c, i) => `${i}.5,${c}`)
        .join('\n')}\n`,
    );
    const ofImages = await prepareTraining(images.dataset, config(''), images.blobs);
    const ofTable = await prepareTraining(table.dataset, config(''), table.blobs);
    expect(
      (await failure(() => preparePrediction(table.dataset, ofImages.preprocessing, table.blobs))).message,
    ).toMatch(/The model takes images/);
    expect(
      (await failure(() => preparePrediction(images.dataset, ofTable.preprocessing, images.blobs))).message,
    ).toMatch(/The model takes rows of a table/);
  });
});

it('prepares MNIST with its own test split', async (context) => {
  const folder = sharedData();
  if (!folder) return context.skip();
  const names = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
  const { dataset, blobs } = await stored(names.map((name) => sharedFile(folder, `mnist/${name}-ubyte.gz`)));
  const data = await prepareTraining(dataset, config(''), blobs);
  expect([data.splits.train.length, data.splits.validation.length, data.splits.test.length]).toEqual([6300, 700, 1000]);
  expect(data.preprocessing.inputs).toMatchObject({ kind: 'images' });
  const scale = data.preprocessing.inputs;
  if (scale.kind !== 'images') throw new Error('not images');
  // The whole of MNIST has 0.1307 and 0.3081.
  expect(scale.mean[0]).toBeCloseTo(0.1307, 2);
  expect(scale.std[0]).toBeCloseTo(0.3081, 2);
});
