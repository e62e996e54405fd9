/** Tables of text: CSV, TSV and their relatives, of any length, one dataset a file. */
import { LatheError } from '../../base/errors';
import type { DatasetRow } from '../../store/schema';
import type { ImportFile } from '../api';
import { contentHash, newDataset, stem } from '../dataset';
import { profileColumn, summarise, type ColumnProfile } from '../table/profile';
import { guessRoles } from '../table/roles';
import { TableWriter } from '../table/writer';
import { detectDecimalComma } from '../values/number';
import { detectDelimiter, looksLikeTable, parseRows, readLayout } from './csv-layout';
import { TableRows, unclosedQuote } from './csv-rows';
import { failureOf, type ReadContext, type Reader } from './reader';
import { detectEncoding, encodingOfHead, isBinary, textPieces } from './text-encoding';
import { tableNotices } from './table-notices';

/** Characters by which the layout is judged. */
const SAMPLE = 1 << 17;
const NAMED = /\.(csv|tsv|tab|data)(\.gz)?$/i;
/** A row longer than this is no row: a quotation mark was left open. */
const LONGEST_ROW = 1 << 23;

/** Reads CSV and TSV. */
export const csv: Reader = {
  name: 'csv',
  files: 'CSV or TSV tables',

  recognises(head, path) {
    if (isBinary(head)) return false;
    if (NAMED.test(path)) return true;
    const encoding = encodingOfHead(head) ?? 'utf-8';
    return looksLikeTable(new TextDecoder(encoding).decode(head).replaceAll(/\r\n?/g, '\n'));
  },

  async read(files, context) {
    const datasets: DatasetRow[] = [];
    for (const file of files) {
      try {
        datasets.push(await readTable(file, context));
      } catch (error) {
        context.refuse(file.path, failureOf(file.path, error));
      }
    }
    return datasets;
  },
};

/**
 * Reads one table into `context.blobs`.
 * @throws LatheError of kind `data` naming file, row and remedy.
 */
async function readTable({ path, file }: ImportFile, context: ReadContext): Promise<DatasetRow> {
  const encoding = await detectEncoding(file);
  let done = 0;
  const pieces = textPieces(file, encoding, (bytes) => {
    done += bytes;
    context.onProgress({ stage: `Reading ${path}`, done, total: file.size });
  });
  const first = await pieces.next();
  const beginning = first.done ? '' : first.value;
  if (beginning.trim() === '') {
    throw new LatheError('data', `${path} is empty. Choose a file with a header and at least one row.`, { file: path });
  }

  // A first row of many thousand cells needs more than the usual look.
  const sample = beginning.lastIndexOf('\n', SAMPLE) > 0 ? beginning.slice(0, SAMPLE) : beginning;
  const delimiter = detectDelimiter(sample) ?? ',';
  const layout = readLayout(path, parseRows(sample, delimiter, sample.length < beginning.length).rows);
  const decimalComma = detectDecimalComma(layout.sample.flat(), delimiter);
  const writer = new TableWriter(layout.names, decimalComma, context.blobs);
  const rows = new TableRows(path, layout, writer);

  let pending = beginning;
  for (;;) {
    const next = await pieces.next();
    const last = next.done === true;
    await rows.take(parseRows(pending, delimiter, !last), last);
    if (last) break;
    pending = pending.slice(rows.cursor) + next.value;
    if (pending.length > LONGEST_ROW) throw unclosedQuote(path, rows.line);
  }
  const chunks = await writer.finish();
  rows.check(delimiter);

  const profiles: ColumnProfile[] = [];
  const table = { decimal_comma: decimalComma, chunks };
  for (const [i, name] of layout.names.entries()) {
    context.onProgress({ stage: `Looking at the columns of ${path}`, done: i, total: layout.names.length });
    profiles.push(await profileColumn(name, table, i, context.blobs));
  }
  const roles = guessRoles(profiles);
  const notices = tableNotices({
    path,
    encoding,
    delimiter,
    decimalComma,
    layout,
    rows,
    profiles,
    roles,
    odd: writer.odd(),
  });

  return newDataset({
    kind: 'table',
    name: stem(path),
    content_hash: await contentHash({ kind: 'table', columns: layout.names, ...table }),
    examples: writer.rows,
    test_examples: 0,
    bytes: writer.bytes,
    source: { files: [{ path, bytes: file.size }], sample: null },
    notices,
    columns: profiles.map((profile, i) => summarise(profile, roles[i])),
    ...table,
  });
}
