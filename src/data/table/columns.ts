/** Reading whole columns of a stored table, as numbers, as days, or as the distinct texts they hold. */
import type { BlobStore } from '../../store/blobs';
import type { TableChunk } from '../../store/schema';
import { dayFirstEvidence, isAmbiguousDate, readDateLoosely } from '../values/date';
import { readNumber } from '../values/number';
import { decodeColumn, type ColumnChunk } from './column-chunk';

/** The stored cells of a table. */
export interface StoredTable {
  decimal_comma: boolean;
  chunks: TableChunk[];
}

/** Cells that could not be read in the way that was asked. */
export interface Unreadable {
  count: number;
  /** Row (from 0) and text of the first of them. */
  row: number;
  text: string;
}

/** A column as numbers. */
export interface NumberColumn {
  /** NaN where a cell is missing or no number. */
  values: Float64Array;
  unreadable: Unreadable | null;
}

/** A column as days. */
export interface DateColumn extends NumberColumn {
  dayFirst: boolean;
  /** Whether nothing in the column tells which of day and month comes first. */
  ambiguous: boolean;
}

/** A column as the distinct texts in it, white space around them removed. */
export interface CategoryColumn {
  /** In the order in which they appear. */
  values: string[];
  /** Position in `values`, -1 where a cell is missing. */
  codes: Int32Array;
}

/** The chunks of column `column`, decoded one after another, each with the row it starts at. */
export async function* columnChunks(
  table: StoredTable,
  column: number,
  blobs: BlobStore,
): AsyncGenerator<{ start: number; rows: number; chunk: ColumnChunk }> {
  let start = 0;
  for (const { rows, columns } of table.chunks) {
    const { hash, encoding } = columns[column];
    const bytes = await (await blobs.get(hash)).arrayBuffer();
    yield { start, rows, chunk: decodeColumn(bytes, encoding, rows) };
    start += rows;
  }
}

/** Rows of a table. */
export const countRows = (table: StoredTable): number => table.chunks.reduce((sum, { rows }) => sum + rows, 0);

/** Reads a column as numbers. */
export async function readNumbers(table: StoredTable, column: number, blobs: BlobStore): Promise<NumberColumn> {
  return readValues(
    table,
    column,
    blobs,
    (text) => readNumber(text, table.decimal_comma),
    (value) => value,
  );
}

/**
 * Reads a column as days since 1970-01-01. Which of day and month comes first is decided by the column's own cells, or
 * by `dayFirst` where they do not tell.
 */
export async function readDates(
  table: StoredTable,
  column: number,
  blobs: BlobStore,
  dayFirst = false,
): Promise<DateColumn> {
  let votes = 0;
  let told = false;
  let ambiguous = false;
  for await (const { chunk } of columnChunks(table, column, blobs)) {
    if (chunk.encoding !== 'text') continue;
    for (const text of chunk.dictionary) {
      const evidence = dayFirstEvidence(text);
      if (evidence !== null) {
        told = true;
        votes += evidence ? 1 : -1;
      } else if (isAmbiguousDate(text)) ambiguous = true;
    }
  }
  const first = told ? votes > 0 : dayFirst;
  const read = (text: string): number => readDateLoosely(text, first);
  const column_ = await readValues(table, column, blobs, read, (value) => read(String(value)));
  return { ...column_, dayFirst: first, ambiguous: ambiguous && !told };
}

/** Reads a column as distinct texts. */
export async function readCategories(table: StoredTable, column: number, blobs: BlobStore): Promise<CategoryColumn> {
  const codes = new Int32Array(countRows(table)).fill(-1);
  const positions = new Map<string, number>();
  const position = (text: string): number => {
    let found = positions.get(text);
    if (found === undefined) {
      found = positions.size;
      positions.set(text, found);
    }
    return found;
  };
  for await (const { start, rows, chunk } of columnChunks(table, column, blobs)) {
    if (chunk.encoding === 'float64') {
      const known = new Map<number, number>();
      for (let i = 0; i < rows; i++) {
        const value = chunk.values[i];
        if (Number.isNaN(value)) continue;
        let code = known.get(value);
        if (code === undefined) {
          code = position(String(value));
          known.set(value, code);
        }
        codes[start + i] = code;
      }
    } else {
      const known = chunk.dictionary.map((text) => position(text.trim()));
      for (let i = 0; i < rows; i++) if (chunk.codes[i] > 0) codes[start + i] = known[chunk.codes[i] - 1];
    }
  }
  return { values: [...positions.keys()], codes };
}

async function readValues(
  table: StoredTable,
  column: number,
  blobs: BlobStore,
  fromText: (text: string) => number,
  fromNumber: (value: number) => number,
): Promise<NumberColumn> {
  const values = new Float64Array(countRows(table)).fill(NaN);
  let unreadable: Unreadable | null = null;
  const refuse = (row: number, text: string): void => {
    unreadable ??= { count: 0, row, text };
    unreadable.count++;
  };
  for await (const { start, rows, chunk } of columnChunks(table, column, blobs)) {
    if (chunk.encoding === 'float64') {
      for (let i = 0; i < rows; i++) {
        const cell = chunk.values[i];
        if (Number.isNaN(cell)) continue;
        values[start + i] = fromNumber(cell);
        if (Number.isNaN(values[start + i])) refuse(start + i, String(cell));
      }
    } else {
      const known = chunk.dictionary.map((text) => {
        const value = fromText(text);
        return Number.isFinite(value) ? value : NaN;
      });
      for (let i = 0; i < rows; i++) {
        const code = chunk.codes[i];
        if (code === 0) continue;
        values[start + i] = known[code - 1];
        if (Number.isNaN(known[code - 1])) refuse(start + i, chunk.dictionary[code - 1]);
      }
    }
  }
  return { values, unreadable };
}
