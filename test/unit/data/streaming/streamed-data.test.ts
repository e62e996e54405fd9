import { describe, expect, it } from 'vitest';
import type { ImportFile } from '../../../../src/data/api';
import type { PreparedData } from '../../../../src/data/contract';
import { importFiles } from '../../../../src/data/import';
import { prepareTraining } from '../../../../src/data/prepare';
import { idxFile } from '../../../../src/data/samples/idx-file';
import { exampleHolder, type ExampleHolder } from '../../../../src/data/streaming/holder';
import { readPreparation } from '../../../../src/data/streaming/preparation';
import { streamedData, type ExampleSupply } from '../../../../src/data/streaming/streamed-data';
import { memoryBlobs } from '../../../../src/store/blobs';
import { config, failure, file } from '../helpers';

async function prepare(files: ImportFile[], yaml: string): Promise<PreparedData> {
  const blobs = memoryBlobs();
  const { datasets } = await importFiles(files, blobs);
  return prepareTraining(datasets[0], config(yaml), blobs);
}

const rows = (row: (i: number) => string): string => Array.from({ length: 80 }, (_, i) => row(i)).join('\n');
const pixels = Uint8Array.from({ length: 60 * 25 }, (_, k) => (k * 37 + (k >> 5) * 11) & 255);

const KINDS: Record<string, { files: ImportFile[]; yaml: string; encoding: string }> = {
  'a table with classes': {
    files: [file('a.csv', `x,colour,label\n${rows((i) => `${i / 7},${'rgb'[i % 3]},${i % 2 ? 'yes' : 'no'}`)}\n`)],
    yaml: '',
    encoding: 'float32',
  },
  'a table with two targets and gaps': {
    files: [
      file('a.csv', `x,day,y,z\n${rows((i) => `${i % 5 ? i / 3 : ''},2024-02-0${(i % 9) + 1},${i * i},${i / 9}`)}\n`),
    ],
    yaml: 'data: {target: [y, z], limit: 50}',
    encoding: 'float32',
  },
  images: {
    files: [
      idxFile('train-images-idx3-ubyte', [60, 5, 5], pixels),
      idxFile(
        'train-labels-idx1-ubyte',
        [60],
        Uint8Array.from({ length: 60 }, (_, i) => i % 3),
      ),
    ],
    yaml: '',
    encoding: 'pixels',
  },
  text: {
    files: [file('a.txt', 'abcdefghij'.repeat(40) + 'klmnö€😀t'.repeat(4))],
    yaml: 'model: {architecture: transformer, context: 8}',
    encoding: 'tokens',
  },
};

/** Others who have the data, and what they were asked for. */
function supplyOf(holder: ExampleHolder): ExampleSupply & { asked: number[][]; urgent: boolean[]; dropped: number[] } {
  const asked: number[][] = [];
  const urgent: boolean[] = [];
  const dropped: number[] = [];
  return {
    asked,
    urgent,
    dropped,
    preparation: async () => (await holder.preparation()).bytes,
    async examples(_ticket, indices, bytes, isUrgent) {
      asked.push([...indices]);
      urgent.push(isUrgent);
      const encoded = await holder.examples([...indices]);
      expect(encoded.length).toBe(indices.length * bytes);
      return encoded;
    },
    drop: (ticket) => void dropped.push(ticket),
    hurry: () => undefined,
  };
}

const STAYS = new AbortController().signal;

describe.each(Object.entries(KINDS))('%s that others have', (_name, { files, yaml, encoding }) => {
  it('is to a trainer what it is where it is', async () => {
    const local = await prepare(files, yaml);
    const holder = exampleHolder(async () => local);
    const data = await streamedData(supplyOf(holder), STAYS);
    expect(readPreparation((await holder.preparation()).bytes).encoding).toBe(encoding);
    for (const part of ['examples', 'preprocessing', 'splits', 'class_counts', 'notices'] as const) {
      expect(data[part]).toEqual(local[part]);
    }
    for (const split of ['train', 'validation', 'test'] as const) {
      const indices = [...local.splits[split]].reverse();
      expect(await data.batch(indices)).toEqual(await local.batch(indices));
    }
  });

  it('is told with the same hash by all who have it', async () => {
    const [one, two] = await Promise.all([prepare(files, yaml), prepare(files, yaml)]);
    const told = await Promise.all([one, two].map((data) => exampleHolder(async () => data).preparation()));
    expect(told[0].hash).toBe(told[1].hash);
  });
});

describe('examples that were sent', () => {
  const local = (): Promise<PreparedData> => prepare(KINDS.images.files, '');

  it('are not asked for again where they fit, those that validate before all others', async () => {
    const data = await local();
    const { train, validation } = data.splits;
    const supply = supplyOf(exampleHolder(async () => data));
    const each = 25 + 4;
    const limits = { cache: (validation.length + 2) * each, ahead: 1e6 };
    const streamed = await streamedData(supply, STAYS, limits);
    await streamed.batch(train);
    await streamed.batch(validation);
    await streamed.batch(validation);
    expect(supply.asked).toHaveLength(2);
    expect(await streamed.batch(train)).toEqual(await data.batch(train));
    // Two of them had room beside the validation split.
    expect(supply.asked[2]).toHaveLength(train.length - 2);
  });

  it('wait in a limited number, and what is wanted now is asked for in any case', async () => {
    const data = await local();
    const supply = supplyOf(exampleHolder(async () => data));
    const streamed = await streamedData(supply, STAYS, { cache: 0, ahead: 3 * 29 });
    const first = streamed.fetch?.([0, 1], true);
    expect(first).toBeTruthy();
    expect(streamed.fetch?.([2, 3], true)).toBeNull();
    const urgent = streamed.fetch?.([4, 5], false);
    expect(await urgent?.take()).toEqual(await data.batch([4, 5]));
    expect(supply.urgent).toEqual([false, true]);
    expect(await first?.take()).toEqual(await data.batch([0, 1]));
    const dropped = streamed.fetch?.([6, 7], true);
    dropped?.drop();
    expect(supply.dropped).toHaveLength(1);
    expect(streamed.fetch?.([8, 9], true)).toBeTruthy();
  });

  it('are refused where they are none of this data', async () => {
    const holder = exampleHolder(local);
    const supply = supplyOf(holder);
    const spoilt = await streamedData(
      { ...supply, examples: async (_t, indices, bytes) => new Uint8Array(indices.length * bytes).fill(200) },
      STAYS,
    );
    expect(await failure(() => spoilt.batch([1]))).toMatchObject({ kind: 'group' });
    const { bytes } = await holder.preparation();
    for (const broken of [bytes.subarray(0, 2), bytes.subarray(0, -1), bytes.slice().fill(123, 4, 9)]) {
      const told = { ...supply, preparation: async () => broken };
      expect(await failure(() => streamedData(told, STAYS))).toMatchObject({ kind: 'group' });
    }
  });

  it('come from the holder in reasonable numbers, and only where there are such', async () => {
    const holder = exampleHolder(local);
    expect((await failure(() => holder.examples([60]))).message).toContain('no such examples');
    const many = Array.from({ length: 200_000 }, () => 0);
    expect((await failure(() => holder.examples(many))).message).toContain('too much for one answer');
  });
});
