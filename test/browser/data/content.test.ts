import { expect, it } from 'vitest';
import { contentHashOf } from '../../../src/data/content';
import { importFiles } from '../../../src/data/import';
import { SAMPLES } from '../../../src/data/samples/registry';
import { memoryBlobs } from '../../../src/store/blobs';
import type { DatasetRow } from '../../../src/store/schema';

/** IDX of unsigned bytes with this shape. */
function idx(shape: number[], values: number[]): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 | shape.length);
  shape.forEach((side, i) => header.setUint32(4 + 4 * i, side));
  return Uint8Array.from([...new Uint8Array(header.buffer), ...values]);
}

async function png(shade: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(4, 4);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = `rgb(${shade} 9 9)`;
  context.fillRect(0, 0, 4, 4);
  return canvas.convertToBlob({ type: 'image/png' });
}

it('finds the hash of every kind of dataset again from what is stored', async () => {
  const blobs = memoryBlobs();
  const datasets: DatasetRow[] = [];
  for (const sample of SAMPLES) datasets.push(...(await importFiles(await sample.make(), blobs)).datasets);
  const digits = [
    {
      path: 'train-images-idx3-ubyte',
      file: new File(
        [
          idx(
            [3, 2, 2],
            Array.from({ length: 12 }, (_, i) => i),
          ),
        ],
        'i',
      ),
    },
    { path: 'train-labels-idx1-ubyte', file: new File([idx([3], [1, 0, 1])], 'l') },
  ];
  datasets.push(...(await importFiles(digits, blobs)).datasets);
  const folders = await Promise.all(
    [10, 80, 150, 220].map(async (shade, i) => ({
      path: `set/${i % 2 ? 'train' : 'test'}/${'ab'[i >> 1]}/${i}.png`,
      file: new File([await png(shade)], `${i}.png`),
    })),
  );
  datasets.push(...(await importFiles(folders, blobs)).datasets);

  expect(new Set(datasets.map(({ kind }) => kind))).toEqual(new Set(['table', 'images', 'text']));
  expect(new Set(datasets.flatMap((row) => (row.kind === 'images' ? row.chunks.map((c) => c.encoding) : [])))).toEqual(
    new Set(['raw', 'encoded']),
  );
  for (const dataset of datasets) {
    expect(await contentHashOf(dataset, blobs), dataset.name).toBe(dataset.content_hash);
  }
  const [first] = datasets;
  if (first.kind !== 'table') throw new Error('the first sample is a table');
  expect(await contentHashOf({ ...first, decimal_comma: !first.decimal_comma }, blobs)).not.toBe(first.content_hash);
});
