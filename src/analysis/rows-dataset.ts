/** Rows given as text by column, as a table dataset: predicted the very way a file with these cells would be. */
import { LatheError } from '../base/errors';
import { contentHash, newDataset } from '../data/dataset';
import { TableWriter } from '../data/table/writer';
import type { BlobStore } from '../store/blobs';
import type { DatasetRow } from '../store/schema';

/**
 * The dataset of `rows`, its cells stored in `blobs`. A column that a row lacks is missing there.
 * @param decimalComma whether `1,5` is one and a half.
 * @throws LatheError of kind `data` when there is no row or no column.
 */
export async function rowsDataset(
  rows: Record<string, string>[],
  decimalComma: boolean,
  blobs: BlobStore,
): Promise<DatasetRow> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length === 0) {
    throw new LatheError('data', 'There is nothing to predict: give at least one row with a value in a column.');
  }
  const writer = new TableWriter(names, decimalComma, blobs);
  for (const [i, row] of rows.entries()) {
    if (writer.full) await writer.flush();
    writer.append(
      names.map((name) => row[name] ?? ''),
      i + 1,
    );
  }
  const chunks = await writer.finish();
  return newDataset({
    kind: 'table',
    name: 'rows',
    content_hash: await contentHash({ names, chunks }),
    examples: rows.length,
    test_examples: 0,
    bytes: writer.bytes,
    source: { files: [], sample: null },
    notices: [],
    decimal_comma: decimalComma,
    columns: names.map((name) => ({
      name,
      // The model's preprocessing says what a column is; nothing is guessed for rows that are not kept.
      role: 'text',
      guessed_role: 'text',
      missing: 0,
      distinct: 0,
      numeric: null,
      top: [],
    })),
    chunks,
  });
}
