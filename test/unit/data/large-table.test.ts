import { expect, it } from 'vitest';
import { importFiles } from '../../../src/data/import';
import { prepareTraining } from '../../../src/data/prepare';
import { previewDataset } from '../../../src/data/preview';
import { memoryBlobs, type BlobStore } from '../../../src/store/blobs';
import { asTable, config, roles } from './helpers';

const ROWS = 1_000_000;
const PART = 10_000;

/** A table of a million rows, its text made in parts: 6 columns, 40 MB. */
function million(): File {
  const parts: Blob[] = [new Blob(['id,x,y,city,when,label\n'])];
  for (let start = 0; start < ROWS; start += PART) {
    let text = '';
    for (let i = start; i < start + PART; i++) {
      const city = i % 11 === 0 ? '' : `"city, ${i % 50}"`;
      text += `${i},${(i % 1000) / 8},${i % 13 === 0 ? 'NA' : i % 997},${city},2020-01-${10 + (i % 20)},${i % 3}\n`;
    }
    // Each part is a Blob of its own, so that the text itself is not held.
    parts.push(new Blob([text]));
  }
  return new File(parts, 'million.csv');
}

it('reads a million rows, holding a piece of them at a time', async () => {
  const memory = memoryBlobs();
  let firstPut: number | null = null;
  const blobs: BlobStore = {
    ...memory,
    put(data) {
      firstPut ??= last;
      return memory.put(data);
    },
  };
  const stages = new Set<string>();
  let last = 0;
  const file = million();
  const { datasets } = await importFiles([{ path: 'million.csv', file }], blobs, ({ stage, done, total }) => {
    stages.add(stage);
    if (stage.startsWith('Reading')) {
      expect(done).toBeGreaterThanOrEqual(last);
      expect(total).toBe(file.size);
      last = done;
    }
  });
  const dataset = asTable(datasets[0]);
  expect(dataset.examples).toBe(ROWS);
  expect(dataset.chunks).toHaveLength(16);
  expect(last).toBe(file.size);
  // Rows are stored while the file is still being read: no more than a chunk of them is ever held.
  expect(firstPut).toBeGreaterThan(0);
  expect(firstPut).toBeLessThan(file.size / 5);
  expect(stages.size).toBe(2);
  expect(roles(dataset)).toEqual({
    id: 'ignore',
    x: 'number',
    y: 'number',
    city: 'category',
    when: 'date',
    label: 'label',
  });
  expect(dataset.columns.map(({ missing }) => missing)).toEqual([0, 0, 76924, 90910, 0, 0]);
  expect(dataset.columns[5].distinct).toBe(3);

  const preview = await previewDataset(dataset, 999_998, 5, blobs);
  expect(preview).toMatchObject({
    rows: [
      ['999998', '124.75', '7', 'city, 48', '2020-01-28', '2'],
      ['999999', '124.875', null, null, '2020-01-29', '0'],
    ],
  });

  const data = await prepareTraining(dataset, config(''), blobs);
  expect(data.splits.train.length).toBe(800_000);
  const { inputs } = await data.batch(data.splits.train.subarray(0, 256));
  expect(inputs.every((value) => Number.isFinite(value))).toBe(true);
}, 300_000);
