import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import { importFiles } from '../../../src/data/import';
import { memoryBlobs, type BlobStore } from '../../../src/store/blobs';
import { failure, file } from './helpers';

const CSV = 'a,label\n1,x\n2,y\n3,x\n';

describe('an import', () => {
  it('makes a dataset a table, compressed or not, and none of what systems leave behind', async () => {
    const { datasets, refused } = await importFiles(
      [file('one.csv', CSV), file('two.csv.gz', gzipSync(CSV)), file('x/.DS_Store', 'junk'), file('Thumbs.db', 'junk')],
      memoryBlobs(),
    );
    expect(datasets.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(datasets[0].content_hash).toBe(datasets[1].content_hash);
    expect(refused).toEqual([]);
  });

  it('of nothing usable says what can be read', async () => {
    expect((await failure(() => importFiles([], memoryBlobs()))).message).toMatch(/^There are no files to read/);
    expect((await failure(() => importFiles([file('.DS_Store', 'x')], memoryBlobs()))).message).toMatch(
      /nothing to read in \.DS_Store/,
    );
    const unknown = await failure(() =>
      importFiles([file('a.bin', new Uint8Array(20)), file('b.pdf', '%PDF-1.7')], memoryBlobs()),
    );
    expect(unknown).toMatchObject({ kind: 'data', where: { file: 'a.bin' } });
    expect(unknown.message).toMatch(/a\.bin is of no kind that can be read.* \(and 1 more could not be used\)$/);
    expect(unknown.details).toHaveLength(2);
  });

  it('names a file that vanished after it was chosen, and reads the others', async () => {
    const gone = file('gone.csv', CSV);
    gone.file.slice = () => {
      throw new DOMException('the file changed', 'NotReadableError');
    };
    const { datasets, refused } = await importFiles([gone, file('here.csv', CSV)], memoryBlobs());
    expect(datasets.map(({ name }) => name)).toEqual(['here']);
    expect(refused[0].reason).toMatch(/^gone\.csv can no longer be read/);
  });

  it('stops where the disk is full, and does not blame the file', async () => {
    const full: BlobStore = {
      ...memoryBlobs(),
      put: () => Promise.reject(new LatheError('storage', 'The browser’s storage is full.')),
    };
    expect((await failure(() => importFiles([file('a.csv', CSV)], full))).kind).toBe('storage');
  });
});
