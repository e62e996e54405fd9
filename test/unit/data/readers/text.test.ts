import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importFiles } from '../../../../src/data/import';
import { previewDataset } from '../../../../src/data/preview';
import { memoryBlobs, type BlobStore } from '../../../../src/store/blobs';
import type { DatasetRow, TextDatasetRow } from '../../../../src/store/schema';
import { failure, file, sharedData, sharedFile, told } from '../helpers';

function asText(row: DatasetRow): TextDatasetRow {
  if (row.kind !== 'text') throw new Error('not a text');
  return row;
}

async function whole(dataset: DatasetRow, blobs: BlobStore): Promise<string> {
  const preview = await previewDataset(dataset, 0, dataset.examples, blobs);
  return preview.kind === 'text' ? preview.text : '';
}

describe('a text', () => {
  it('is a dataset of characters, counted as a reader would', async () => {
    const blobs = memoryBlobs();
    const { datasets } = await importFiles([file('notes/hello.txt', '\ufeffHéllo 🙂🙂\r\nworld\r\n')], blobs);
    const text = asText(datasets[0]);
    expect(text).toMatchObject({ name: 'hello', examples: 15, distinct: 10, test_examples: 0 });
    expect(text.top.slice(0, 2)).toEqual([
      { value: 'l', count: 3 },
      { value: '\n', count: 2 },
    ]);
    expect(await whole(text, blobs)).toBe('Héllo 🙂🙂\nworld\n');
    expect(await previewDataset(text, 6, 3, blobs)).toEqual({ kind: 'text', offset: 6, text: '🙂🙂\n' });
  });

  it('of several files is put together by their names, each on lines of its own', async () => {
    const blobs = memoryBlobs();
    const files = [file('plays/b.txt', 'two'), file('plays/a.txt', 'one'), file('plays/c.md', 'three\n')];
    const { datasets } = await importFiles(files, blobs);
    expect(datasets).toHaveLength(1);
    expect(datasets[0].name).toBe('plays');
    expect(await whole(datasets[0], blobs)).toBe('one\ntwo\nthree\n');
    expect(told(datasets[0])).toMatch(/^3 files were put together/);
    const again = await importFiles(files.toReversed(), memoryBlobs());
    expect(again.datasets[0].content_hash).toBe(datasets[0].content_hash);
  });

  it('is the same in any encoding and compression', async () => {
    const words = 'Größe und Maß\n';
    const { datasets } = await importFiles([file('a.txt', words)], memoryBlobs());
    for (const bytes of [new Uint8Array(Buffer.from(words, 'utf16le')), new Uint8Array(Buffer.from(words, 'latin1'))]) {
      const other = await importFiles([file('a.txt', bytes)], memoryBlobs());
      expect(other.datasets[0].content_hash).toBe(datasets[0].content_hash);
      expect(told(other.datasets[0])).toMatch(/a\.txt was read as (utf-16le|windows-1252)/);
    }
    const packed = await importFiles([file('a.txt.gz', gzipSync(words))], memoryBlobs());
    expect(packed.datasets[0].content_hash).toBe(datasets[0].content_hash);
  });

  it('is stored in chunks of one size, whatever pieces it came in', async () => {
    const blobs = memoryBlobs();
    const long = 'abcdefgh🙂\n'.repeat(250_000);
    const { datasets } = await importFiles([file('long.txt', long)], blobs);
    const text = asText(datasets[0]);
    expect(text.chunks.map(({ characters }) => characters)).toEqual([1 << 20, 1 << 20, 2_500_000 - 2 * (1 << 20)]);
    expect(await whole(text, blobs)).toBe(long);
  });

  it('is told from a table in a text file, and from data that is neither', async () => {
    const kinds = async (name: string, content: string | Uint8Array): Promise<string[]> =>
      (await importFiles([file(name, content)], memoryBlobs())).datasets.map(({ kind }) => kind);
    expect(await kinds('table.txt', 'a,b,label\n1,2,x\n3,4,y\n5,6,x\n')).toEqual(['table']);
    expect(await kinds('table.txt', 'name\tage\nAnn\t3\nBob\t4\n')).toEqual(['table']);
    const verse = 'the fox runs over the hill, and the hen sleeps in the barn\n';
    expect(await kinds('verse.txt', verse.repeat(20))).toEqual(['text']);
    expect((await failure(() => kinds('zeros.txt', new Uint8Array(400)))).message).toMatch(
      /of no kind that can be read/,
    );
    expect((await failure(() => kinds('blank.txt', ' \n\n'))).message).toMatch(/^blank\.txt holds no text/);
  });

  it('beside other data describes that, and is left out', async () => {
    const { datasets, refused } = await importFiles(
      [file('data.csv', 'a,label\n1,x\n2,y\n3,x\n'), file('README.txt', 'What the columns mean.')],
      memoryBlobs(),
    );
    expect(datasets.map(({ kind }) => kind)).toEqual(['table']);
    expect(refused).toEqual([{ path: 'README.txt', reason: expect.stringMatching(/Drop it alone/) as string }]);
  });

  const folder = sharedData();
  it.skipIf(folder === null)('of plays is read whole', async () => {
    const files = [sharedFile(folder ?? '', 'text/tinyshakespeare.txt')];
    const { datasets } = await importFiles(files, memoryBlobs());
    expect(datasets[0]).toMatchObject({ kind: 'text', examples: 1_115_394, distinct: 65, name: 'tinyshakespeare' });
  });
});
