import { expect, it } from 'vitest';
import { previewDataset } from '../../../src/data/preview';
import { TableWriter } from '../../../src/data/table/writer';
import { newDataset } from '../../../src/data/dataset';
import { memoryBlobs } from '../../../src/store/blobs';

it('shows any window of a table, across its chunks', async () => {
  const blobs = memoryBlobs();
  const writer = new TableWriter(['n', 'text'], false, blobs);
  for (let i = 0; i < 70_000; i++) {
    writer.append([String(i), i === 65_536 ? '' : `t${i % 5}`], i + 2);
    if (writer.full) await writer.flush();
  }
  const chunks = await writer.finish();
  expect(chunks.map(({ rows }) => rows)).toEqual([65_536, 4464]);
  const dataset = newDataset({
    kind: 'table',
    name: 'long',
    content_hash: '',
    examples: 70_000,
    test_examples: 0,
    bytes: writer.bytes,
    source: { files: [], sample: null },
    notices: [],
    columns: [],
    decimal_comma: false,
    chunks,
  });
  const rows = async (offset: number, limit: number) => {
    const preview = await previewDataset(dataset, offset, limit, blobs);
    return preview.kind === 'table' ? preview.rows : null;
  };
  expect(await rows(65_534, 4)).toEqual([
    ['65534', 't4'],
    ['65535', 't0'],
    ['65536', null],
    ['65537', 't2'],
  ]);
  expect(await rows(69_998, 10)).toEqual([
    ['69998', 't3'],
    ['69999', 't4'],
  ]);
  expect(await rows(80_000, 10)).toEqual([]);
});
