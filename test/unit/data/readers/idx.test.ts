import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importFiles } from '../../../../src/data/import';
import { memoryBlobs } from '../../../../src/store/blobs';
import { idxFile } from '../../../../src/data/samples/idx-file';
import type { ImportFile } from '../../../../src/data/api';
import { asImages, failure, file, sharedData, sharedFile } from '../helpers';

const bytes = async ({ file }: ImportFile): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

/** A pair of `count` images of 2 × 3 pixels with labels 0, 1, 2, 0 … */
async function pair(count: number, prefix = 'train', labels = count): Promise<ImportFile[]> {
  const pixels = Uint8Array.from({ length: count * 6 }, (_, i) => i % 251);
  return [
    idxFile(`${prefix}-images-idx3-ubyte`, [count, 2, 3], pixels),
    idxFile(
      `${prefix}-labels-idx1-ubyte`,
      [labels],
      Uint8Array.from({ length: labels }, (_, i) => i % 3),
    ),
  ];
}

describe('IDX files', () => {
  it('make a dataset a pair, gzipped or not', async () => {
    const [images, labels] = await pair(7);
    const zipped = [file('train-images-idx3-ubyte.gz', gzipSync(await bytes(images))), labels];
    for (const files of [[images, labels], zipped]) {
      const { datasets, refused } = await importFiles(files, memoryBlobs());
      expect(refused).toEqual([]);
      expect(asImages(datasets[0])).toMatchObject({
        examples: 7,
        test_examples: 0,
        classes: ['0', '1', '2'],
        class_counts: [3, 2, 2],
        image: { height: 2, width: 3, channels: 1, uniform: true },
      });
    }
  });

  it('take a t10k or test pair beside the training pair as the test split', async () => {
    for (const prefix of ['t10k', 'test']) {
      const { datasets } = await importFiles([...(await pair(7)), ...(await pair(4, prefix))], memoryBlobs());
      expect(datasets).toHaveLength(1);
      expect(datasets[0]).toMatchObject({ examples: 11, test_examples: 4 });
    }
  });

  it('hash by content, not by name', async () => {
    const hash = async (files: ImportFile[]): Promise<string> =>
      (await importFiles(files, memoryBlobs())).datasets[0].content_hash;
    expect(await hash(await pair(5, 'a'))).toBe(await hash(await pair(5, 'b')));
    expect(await hash(await pair(5))).not.toBe(await hash(await pair(6)));
  });

  it('without labels can be predicted, and say so', async () => {
    const [images] = await pair(3);
    const { datasets } = await importFiles([images], memoryBlobs());
    expect(asImages(datasets[0])).toMatchObject({ classes: [], examples: 3 });
    expect(datasets[0].notices[0].message).toMatch(/came without labels/);
  });

  it('with a wrong magic number are refused with what was found', async () => {
    const [images, labels] = await pair(3);
    const wrong = await bytes(images);
    wrong.set([0xde, 0xad, 0xbe, 0xef]);
    const error = await failure(() => importFiles([file('train-images-idx3-ubyte', wrong), labels], memoryBlobs()));
    expect(error.message).toMatch(/^train-images-idx3-ubyte begins with 0xdeadbeef, which is no IDX magic number/);
  });

  it('with a truncated body are refused with both sizes, gzipped or not', async () => {
    const [images, labels] = await pair(3);
    const cut = (await bytes(images)).slice(0, -5);
    const error = await failure(() => importFiles([file('train-images-idx3-ubyte', cut), labels], memoryBlobs()));
    expect(error.message).toMatch(
      /^train-images-idx3-ubyte says that it holds 3 × 2 × 3 = 18 bytes and holds 13\. It is truncated/,
    );
    const broken = gzipSync(await bytes(images)).subarray(0, 30);
    const gz = await failure(() => importFiles([file('train-images-idx3-ubyte.gz', broken), labels], memoryBlobs()));
    expect(gz.message).toMatch(/^train-images-idx3-ubyte\.gz is a damaged or truncated gzip file/);
  });

  it('of different counts are refused with both counts', async () => {
    const error = await failure(async () => importFiles(await pair(7, 'train', 6), memoryBlobs()));
    expect(error.message).toMatch(/train-images-idx3-ubyte holds 7 images and train-labels-idx1-ubyte 6 labels/);
  });

  it('of labels alone, or of values that are no bytes, are refused', async () => {
    const [images, labels] = await pair(3);
    expect((await failure(() => importFiles([labels], memoryBlobs()))).message).toMatch(/holds labels, and no images/);
    const floats = await bytes(images);
    floats[2] = 13;
    expect((await failure(() => importFiles([file('x-images-idx3-ubyte', floats)], memoryBlobs()))).message).toMatch(
      /holds values of type float/,
    );
  });

  it('of MNIST are read whole', async (context) => {
    const folder = sharedData();
    if (!folder) return context.skip();
    const names = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
    const files = names.map((name) => sharedFile(folder, `mnist/${name}-ubyte.gz`));
    const { datasets } = await importFiles(files, memoryBlobs());
    expect(datasets[0]).toMatchObject({ name: 'mnist', examples: 8000, test_examples: 1000 });
    expect(asImages(datasets[0]).classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });
});
