/** How a table of text is laid out: what separates its cells, and whether its first row names the columns. */
import Papa from 'papaparse';
import { LatheError } from '../../base/errors';
import { plainNumber, readNumber } from '../values/number';
import { isMissing } from '../values/missing';

/** What separates cells. */
export const DELIMITERS = [',', ';', '\t', '|'] as const;

/** One of the delimiters. */
export type Delimiter = (typeof DELIMITERS)[number];

/** Names of the delimiters for sentences. */
export const DELIMITER_NAMES: Record<Delimiter, string> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' };

/** Rows of a text, and what was odd about its quotation marks. */
export interface ParsedRows {
  rows: string[][];
  /** Characters consumed: up to the end of the last row returned. */
  cursor: number;
  quotes: { kind: 'unclosed' | 'misplaced'; row: number }[];
}

/** Parses `text` (line breaks as `\n`). `partial`: its last row may go on in text yet to come, and is left. */
export function parseRows(text: string, delimiter: Delimiter, partial: boolean): ParsedRows {
  const result: unknown = new Papa.Parser({ delimiter, newline: '\n' }).parse(text, 0, partial);
  if (!isPapaResult(result)) throw new TypeError('papaparse returned something else than rows');
  return {
    rows: result.data,
    cursor: result.meta.cursor,
    quotes: result.errors.map(({ code, row }) => ({
      kind: code === 'MissingQuotes' ? 'unclosed' : 'misplaced',
      row: row ?? 0,
    })),
  };
}

// The parser itself is typed as returning anything; this is its contract, looked at once a piece.
const isPapaResult = (value: unknown): value is Papa.ParseResult<string[]> =>
  typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data) && 'meta' in value;

const SAMPLE_ROWS = 200;

/**
 * The delimiter by which the rows of `sample` agree best in their number of cells; of two that agree alike, the one that
 * makes more cells. Null: no delimiter makes more than one cell of most rows.
 */
export function detectDelimiter(sample: string): Delimiter | null {
  let best: { delimiter: Delimiter; agreement: number; cells: number } | null = null;
  for (const delimiter of DELIMITERS) {
    const rows = parseRows(sample, delimiter, false)
      .rows.filter((row) => row.length > 1 || row[0].trim() !== '')
      .slice(0, SAMPLE_ROWS);
    // The last row of a sample may be cut.
    if (rows.length > 3) rows.pop();
    const tallies = new Map<number, number>();
    for (const row of rows) tallies.set(row.length, (tallies.get(row.length) ?? 0) + 1);
    const [cells, times] = [...tallies].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [1, 0];
    if (cells < 2) continue;
    // A header that splits as its rows do counts for more than any one row.
    const agreement = (times / rows.length) * (rows[0].length === cells ? 1 : 0.7);
    const better =
      !best || agreement > best.agreement + 0.05 || (agreement > best.agreement - 0.05 && cells > best.cells);
    if (better) best = { delimiter, agreement, cells };
  }
  return best && best.agreement >= 0.5 ? best.delimiter : null;
}

/** How well `sample` looks like a table, for files whose names do not say: its rows nearly all have the same cells. */
export function looksLikeTable(sample: string): boolean {
  const delimiter = detectDelimiter(sample);
  if (!delimiter) return false;
  const rows = parseRows(sample, delimiter, true).rows.filter((row) => row.length > 1 || row[0].trim() !== '');
  if (rows.length < 2) return false;
  const same = rows.filter((row) => row.length === rows[0].length).length;
  return rows[0].length > 1 && same >= rows.length * 0.9;
}

/** Words of a cell, on average, from which a column holds prose. */
const PROSE_WORDS = 3;

/**
 * Whether what looks like a table reads like prose with commas in it: not one of its columns is terse, as numbers, names
 * and labels are.
 */
export function looksLikeProse(sample: string): boolean {
  const delimiter = detectDelimiter(sample);
  if (!delimiter || delimiter === '\t') return false;
  const rows = parseRows(sample, delimiter, true).rows.slice(0, SAMPLE_ROWS);
  const words = (cell: string): number => cell.match(/\p{L}+/gu)?.length ?? 0;
  return (rows[0] ?? []).every(
    (_, i) => rows.reduce((sum, row) => sum + words(row[i] ?? ''), 0) >= PROSE_WORDS * rows.length,
  );
}

/**
 * Whether the first row is data already: it holds numbers, and either nothing else, or a decimal, or words that come again
 * in the rows below. (A row of years over columns of counts is a header.)
 */
export function lacksHeader(rows: string[][]): boolean {
  const [first, ...rest] = rows;
  const present = first.filter((cell) => !isMissing(cell));
  const isNumber = (cell: string): boolean =>
    !Number.isNaN(readNumber(cell, false)) || !Number.isNaN(readNumber(cell, true));
  const numbers = present.filter(isNumber);
  if (numbers.length === 0) return false;
  if (new Set(present).size < present.length && numbers.length === present.length) return true;
  if (numbers.length === present.length) return !numbers.every(isYear) || rest.length === 0;
  if (numbers.some((cell) => /\d[.,]\d/.test(cell))) return true;
  return first.every((cell, i) => isNumber(cell) || isMissing(cell) || rest.some((row) => row[i] === cell));
}

const isYear = (cell: string): boolean => {
  const value = plainNumber(cell.trim());
  return Number.isInteger(value) && value >= 1500 && value <= 2200;
};

/** Names of columns made usable: trimmed, none empty, none twice. Says what had to be changed. */
export function columnNames(header: string[]): {
  names: string[];
  empty: string[];
  repeated: { name: string; as: string }[];
} {
  const names: string[] = [];
  const taken = new Set(header.map((cell) => cell.trim()).filter(Boolean));
  const empty: string[] = [];
  const repeated: { name: string; as: string }[] = [];
  const seen = new Set<string>();
  const free = (base: string, from: number): string => {
    let n = from;
    while (taken.has(`${base}_${n}`)) n++;
    return `${base}_${n}`;
  };
  header.forEach((cell, i) => {
    let name = cell.trim();
    if (name === '') {
      name = taken.has(`column_${i + 1}`) ? free('column', i + 2) : `column_${i + 1}`;
      empty.push(name);
    } else if (seen.has(name)) {
      const renamed = free(name, 2);
      repeated.push({ name, as: renamed });
      name = renamed;
    }
    seen.add(name);
    taken.add(name);
    names.push(name);
  });
  return { names, empty, repeated };
}

/** The head of a table, read off its first rows. */
export interface TableLayout {
  names: string[];
  /** Rows at the top that are no data: the header, or none. */
  headerRows: 0 | 1;
  /** Cells of the first rows of data. */
  sample: string[][];
  empty: string[];
  repeated: { name: string; as: string }[];
  /** Whether the header names one column less than the rows have: the first is then the row's name, as R writes it. */
  rowNames: boolean;
}

/** Whether a row has nothing in it. */
export const isBlank = (row: string[]): boolean => row.length === 1 && row[0].trim() === '';

/**
 * The layout that the first rows of a table show.
 * @throws LatheError of kind `data` when there is no whole row among them.
 */
export function readLayout(path: string, parsed: string[][]): TableLayout {
  const rows = parsed.filter((row) => !isBlank(row));
  if (rows.length === 0) {
    throw new LatheError(
      'data',
      `${path}, row 1: the first row has no end within the first megabyte. Check that it is a table, and that its quotation marks are closed.`,
      { file: path, row: 1 },
    );
  }
  if (lacksHeader(rows)) {
    const width = Math.max(...rows.slice(0, 50).map((row) => row.length));
    const names = Array.from({ length: width }, (_, i) => `column_${i + 1}`);
    return { names, headerRows: 0, sample: rows, empty: [], repeated: [], rowNames: false };
  }
  const [header, ...sample] = rows;
  const rowNames = sample.length > 0 && sample.every((row) => row.length === header.length + 1);
  // A delimiter at the end of every line makes one nameless, empty column too many.
  const trailing =
    !rowNames &&
    header.length > 1 &&
    header.at(-1)?.trim() === '' &&
    sample.every((row) => (row[header.length - 1] ?? '').trim() === '');
  const cells = rowNames ? ['row', ...header] : trailing ? header.slice(0, -1) : header;
  return { ...columnNames(cells), headerRows: 1, sample, rowNames };
}
