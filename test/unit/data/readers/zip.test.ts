import { strToU8, zipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import { importFiles } from '../../../../src/data/import';
import { LIMITS } from '../../../../src/data/readers/limits';
import { memoryBlobs } from '../../../../src/store/blobs';
import { asTable, failure, file } from '../helpers';

const CSV = 'a,label\n1,x\n2,y\n3,x\n';
const open = (bytes: Uint8Array, name = 'in.zip') => importFiles([file(name, bytes)], memoryBlobs());

/** Changes a ZIP where `find` occurs in its headers, in the local header and in the directory. */
function patchHeaders(bytes: Uint8Array, change: (view: DataView, at: number, local: boolean) => void): Uint8Array {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  for (let at = 0; at + 4 <= out.length; at++) {
    const signature = view.getUint32(at, true);
    if (signature === 0x04034b50) change(view, at, true);
    if (signature === 0x02014b50) change(view, at, false);
  }
  return out;
}

const limits = { ...LIMITS };
afterEach(() => void Object.assign(LIMITS, limits));

describe('a ZIP', () => {
  it('is opened, stored or deflated, and its tables are read', async () => {
    const { datasets } = await open(
      zipSync({ 'one.csv': strToU8(CSV), 'sub/two.csv': [strToU8(CSV.replace('x', 'z')), { level: 0 }] }),
    );
    expect(datasets.map((dataset) => [asTable(dataset).name, dataset.examples])).toEqual([
      ['one', 3],
      ['two', 3],
    ]);
  });

  it('loses what systems leave behind', async () => {
    const { datasets, refused } = await open(
      zipSync({
        'a.csv': strToU8(CSV),
        '__MACOSX/._a.csv': strToU8('junk'),
        '.DS_Store': strToU8('junk'),
        'x/': new Uint8Array(),
      }),
    );
    expect(datasets).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  it('with a manifest and a model is left for the bundle importer', async () => {
    const { bundles, datasets } = await open(
      zipSync({ 'manifest.json': strToU8('{}'), 'model.safetensors': strToU8('x'), 'metrics.json': strToU8('{}') }),
    );
    expect(bundles.map(({ name }) => name)).toEqual(['in.zip']);
    expect(datasets).toEqual([]);
  });

  it.each(['../evil.csv', '/etc/passwd.csv', 'a/../../b.csv', 'C:\\x.csv', '..\\x.csv'])(
    'with the path %s is refused',
    async (path) => {
      const error = await failure(() => open(zipSync({ [path]: strToU8(CSV), 'ok.csv': strToU8(CSV) })));
      expect(error.kind).toBe('data');
      expect(error.message).toContain(`in.zip: the entry “${path}” points outside the archive`);
    },
  );

  it('that would unpack to hundreds of times its size is refused with the figures', async () => {
    const bomb = zipSync({ 'zeros.csv': new Uint8Array(20 * 1024 ** 2) }, { level: 9 });
    const error = await failure(() => open(bomb));
    expect(error.message).toMatch(
      /in\.zip: the entry “zeros\.csv” would unpack from \d+ KB to 20\.0 MB, more than 300 times: a ZIP bomb/,
    );
  });

  it('that would unpack to too much, or holds too many files, is refused with the figures', async () => {
    LIMITS.totalBytes = 30;
    expect((await failure(() => open(zipSync({ 'a.csv': strToU8(CSV), 'b.csv': strToU8(CSV) })))).message).toMatch(
      /would unpack to 1 KB, more than 1 KB/,
    );
    LIMITS.totalBytes = limits.totalBytes;
    LIMITS.entries = 1;
    expect((await failure(() => open(zipSync({ 'a.csv': strToU8(CSV), 'b.csv': strToU8(CSV) })))).message).toMatch(
      /holds 2 files, more than 1/,
    );
  });

  it('whose directory lies about sizes is stopped where the lie shows', async () => {
    const small = patchHeaders(zipSync({ 'zeros.csv': new Uint8Array(5 * 1024 ** 2) }), (view, at, local) =>
      view.setUint32(at + (local ? 22 : 24), 1000, true),
    );
    expect((await failure(() => open(small))).message).toMatch(/“zeros\.csv” is damaged \(it is longer than the 1 KB/);
  });

  it('that is encrypted is refused', async () => {
    const encrypted = patchHeaders(zipSync({ 'a.csv': strToU8(CSV) }), (view, at, local) => {
      const flags = at + (local ? 6 : 8);
      view.setUint16(flags, view.getUint16(flags, true) | 1, true);
    });
    expect((await failure(() => open(encrypted))).message).toMatch(
      /“a\.csv” is encrypted\. Unpack it with its password/,
    );
  });

  it('packed by another method is refused with the method', async () => {
    const lzma = patchHeaders(zipSync({ 'a.csv': strToU8(CSV) }), (view, at, local) =>
      view.setUint16(at + (local ? 8 : 10), 14, true),
    );
    expect((await failure(() => open(lzma))).message).toMatch(/compressed by method 14/);
  });

  it('that is truncated or has a flipped byte is refused', async () => {
    const good = zipSync({ 'a.csv': strToU8(CSV.repeat(50)) });
    expect((await failure(() => open(good.slice(0, good.length - 30)))).message).toMatch(/damaged or truncated ZIP/);
    const stored = zipSync({ 'a.csv': [strToU8(CSV), { level: 0 }] });
    stored[40] ^= 0xff;
    expect((await failure(() => open(stored))).message).toMatch(/“a\.csv” is damaged \(its checksum is wrong\)/);
  });

  it('inside a ZIP, an Office document, or an empty one is refused with a remedy', async () => {
    const inner = zipSync({ 'a.csv': strToU8(CSV) });
    expect((await failure(() => open(zipSync({ 'inner.zip': inner })))).message).toMatch(
      /in\/inner\.zip is a ZIP inside a ZIP/,
    );
    const office = zipSync({ '[Content_Types].xml': strToU8('<x/>') });
    expect((await failure(() => open(office, 'book.xlsx'))).message).toMatch(
      /book\.xlsx: this is an Office document\. Save the table as CSV/,
    );
    expect((await failure(() => open(zipSync({})))).message).toMatch(/in\.zip: the ZIP is empty/);
  });
});
