import { describe, expect, it } from 'vitest';
import { zipSync } from 'fflate';
import type { ImportFile } from '../../../src/data/api';
import { importFiles } from '../../../src/data/import';
import { preparePrediction, prepareTraining } from '../../../src/data/prepare';
import { previewDataset } from '../../../src/data/preview';
import { memoryBlobs, type BlobStore } from '../../../src/store/blobs';
import type { ImageDatasetRow } from '../../../src/store/schema';
import { parseConfig } from '../../../src/config/parse';
import { LatheError } from '../../../src/base/errors';

/** An image file of one colour. */
async function painted(colour: string, width = 12, height = 12, type = 'image/png'): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const drawing = canvas.getContext('2d');
  if (!drawing) throw new Error('no canvas');
  drawing.fillStyle = colour;
  drawing.fillRect(0, 0, width, height);
  return canvas.convertToBlob({ type });
}

const at = (path: string, content: Blob): ImportFile => ({
  path,
  file: new File([content], path.slice(path.lastIndexOf('/') + 1)),
});

/** `n` images of each colour, in folders named for it. */
async function folders(n: number, colours: string[], width = 12, height = 12): Promise<ImportFile[]> {
  const files: ImportFile[] = [];
  for (const colour of colours) {
    const content = await painted(colour, width, height);
    for (let i = 0; i < n; i++) files.push(at(`paint/${colour}/${i}.png`, content));
  }
  return files;
}

async function stored(
  files: ImportFile[],
): Promise<{ dataset: ImageDatasetRow; blobs: BlobStore; refused: { path: string; reason: string }[] }> {
  const blobs = memoryBlobs();
  const { datasets, refused } = await importFiles(files, blobs);
  const [dataset] = datasets;
  if (dataset?.kind !== 'images') throw new Error('not images');
  return { dataset, blobs, refused };
}

const told = ({ notices }: { notices: { message: string }[] }): string =>
  notices.map(({ message }) => message).join('\n');

describe('folders of images', () => {
  it('become a dataset whose labels are the folders', async () => {
    const { dataset, refused } = await stored(await folders(4, ['red', 'blue', 'lime']));
    expect(refused).toEqual([]);
    expect(dataset).toMatchObject({
      name: 'paint',
      examples: 12,
      classes: ['blue', 'lime', 'red'],
      class_counts: [4, 4, 4],
      image: { height: 12, width: 12, channels: 3, uniform: true },
      notices: [],
    });
  });

  it('are read in every format, from a ZIP as from a folder', async () => {
    const blobs = {
      a: await painted('red'),
      b: await painted('red', 12, 12, 'image/jpeg'),
      c: await painted('blue', 12, 12, 'image/webp'),
    };
    const bytes = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
    const zip = zipSync({
      'red/a.png': await bytes(blobs.a),
      'red/b.jpg': await bytes(blobs.b),
      'blue/c.bin': await bytes(blobs.c),
    });
    const { dataset } = await stored([at('art.zip', new Blob([zip]))]);
    expect(dataset).toMatchObject({ name: 'art', examples: 3, classes: ['blue', 'red'], class_counts: [1, 2] });
    const loose = await stored([at('x/red/1.png', blobs.a), at('x/red/2.jpg', blobs.b), at('x/blue/3.webp', blobs.c)]);
    expect(loose.dataset.content_hash).toBe(dataset.content_hash);
  });

  it('refuse a corrupt file among good ones by name and keep the rest', async () => {
    const files = await folders(3, ['red', 'blue']);
    const good = new Uint8Array(await (await painted('red')).arrayBuffer());
    const truncated = good.slice(0, good.length - 30);
    const flipped = good.slice();
    for (let i = 45; i < 60; i++) flipped[i] ^= 0x55;
    const { dataset, refused } = await stored([
      ...files,
      at('paint/red/text.png', new Blob(['this is no image'])),
      at('paint/red/truncated.png', new Blob([truncated])),
      at('paint/red/flipped.png', new Blob([flipped])),
      at('paint/red/empty.png', new Blob([])),
    ]);
    expect(dataset.examples).toBe(6);
    expect(refused.map(({ path }) => path).sort()).toEqual(
      ['empty', 'flipped', 'text', 'truncated'].map((name) => `paint/red/${name}.png`),
    );
    expect(refused.find(({ path }) => path.endsWith('text.png'))?.reason).toMatch(
      /^paint\/red\/text\.png cannot be decoded/,
    );
    expect(told(dataset)).toMatch(/3 of 9 images could not be decoded and were left out/);
  });

  it('of which none can be decoded are an error that names the first', async () => {
    const error: unknown = await stored([at('a.png', new Blob(['no']))]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LatheError);
    expect(error).toMatchObject({ kind: 'data', where: { file: 'a.png' } });
  });

  it('of different sizes are noted, and scaled to one for training', async () => {
    const files = [...(await folders(5, ['red', 'blue'])), at('paint/red/wide.png', await painted('red', 40, 20))];
    const { dataset, blobs } = await stored(files);
    expect(dataset.image).toMatchObject({ height: 12, width: 12, uniform: false });
    expect(told(dataset)).toMatch(/different sizes \(paint\/red\/wide\.png is 40 × 20\)/);
    const data = await prepareTraining(dataset, parseConfig({}), blobs);
    expect(data.preprocessing.input_shape).toEqual([12, 12, 3]);
  });

  it('are grey where all are, and keep transparency where one has it', async () => {
    const grey = await stored(await folders(2, ['#000', '#777', 'white']));
    expect(grey.dataset.image.channels).toBe(1);
    const clear = await stored([
      ...(await folders(2, ['red', 'blue'])),
      at('paint/red/x.png', await painted('rgb(255 0 0 / 0.5)')),
    ]);
    expect(clear.dataset.image.channels).toBe(4);
  });

  it('keep their own test split', async () => {
    const red = await painted('red');
    const blue = await painted('blue');
    const files = ['train', 'test'].flatMap((part) =>
      Array.from({ length: part === 'train' ? 10 : 3 }, (_, i) => [
        at(`d/${part}/red/${i}.png`, red),
        at(`d/${part}/blue/${i}.png`, blue),
      ]).flat(),
    );
    const { dataset, blobs } = await stored(files);
    expect(dataset).toMatchObject({ examples: 26, test_examples: 6, classes: ['blue', 'red'] });
    const data = await prepareTraining(dataset, parseConfig({}), blobs);
    expect([data.splits.train.length, data.splits.validation.length, data.splits.test.length]).toEqual([18, 2, 6]);
  });

  it('come out of preparation as the pixels that went in', async () => {
    const { dataset, blobs } = await stored(await folders(6, ['rgb(200 100 50)', 'rgb(0 0 255)']));
    const data = await prepareTraining(dataset, parseConfig({}), blobs);
    const scale = data.preprocessing.inputs;
    if (scale.kind !== 'images') throw new Error('not images');
    const { inputs, targets } = await data.batch([0, 1]);
    const pixels = [0, 1].map((i) =>
      [0, 1, 2].map((c) => Math.abs(Math.round((inputs[i * 432 + c] * scale.std[c] + scale.mean[c]) * 255))),
    );
    // Classes by turns, sorted by name.
    expect(pixels).toEqual([
      [0, 0, 255],
      [200, 100, 50],
    ]);
    expect([...targets]).toEqual([0, 1]);
  });

  it('without folders can be predicted, brought to the shape that the model takes', async () => {
    const { dataset, blobs } = await stored(await folders(6, ['red', 'blue']));
    const data = await prepareTraining(dataset, parseConfig({}), blobs);
    const loose = await stored([
      at('one.png', await painted('blue', 30, 30)),
      at('two.png', await painted('red', 6, 9)),
    ]);
    expect(loose.dataset.classes).toEqual([]);
    expect(told(loose.dataset)).toMatch(/they have no labels: they can be predicted, not trained on/);
    const prediction = await preparePrediction(loose.dataset, data.preprocessing, loose.blobs);
    expect(prediction.names).toEqual(['one.png', 'two.png']);
    expect(prediction.labelled).toBe(false);
    const { inputs, targets } = await prediction.batch([0, 1]);
    const { inputs: trained } = await data.batch([0, 1]);
    expect([...inputs]).toEqual([...trained]);
    expect([...targets]).toEqual([-1, -1]);
  });

  it('show as thumbnails', async () => {
    const { dataset, blobs } = await stored(await folders(3, ['red', 'blue'], 300, 150));
    const preview = await previewDataset(dataset, 1, 3, blobs);
    if (preview.kind !== 'images') throw new Error('not images');
    expect(preview.images.map(({ name, label }) => [name, label])).toEqual([
      ['red/0.png', 'red'],
      ['blue/1.png', 'blue'],
      ['red/1.png', 'red'],
    ]);
    expect([preview.images[0].bitmap.width, preview.images[0].bitmap.height]).toEqual([128, 64]);
  });
});
