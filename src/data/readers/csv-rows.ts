/** Rows on their way from the parser to storage. */
import { LatheError } from '../../base/errors';
import type { TableWriter } from '../table/writer';
import { DELIMITER_NAMES, isBlank, type Delimiter, type ParsedRows, type TableLayout } from './csv-layout';
import { RowLines } from './row-lines';

/** The error for a cell that swallows the rest of the file. */
export const unclosedQuote = (path: string, row: number): LatheError =>
  new LatheError(
    'data',
    `${path}, row ${row}: a quotation mark opens a cell and never closes. Close it, or double it (“""”) where it belongs to the text.`,
    { file: path, row },
  );

/** Takes parsed rows: counted, fitted to the header, and judged. */
export class TableRows {
  /** Line at which the next row stands, from 1. */
  line = 1;
  cursor = 0;
  /** Which line each row of data stands on. */
  readonly lines = new RowLines();
  readonly short = { count: 0, line: 0, cells: 0 };
  readonly long = { count: 0, line: 0, cells: 0 };
  misplacedQuote: number | null = null;
  private header: number;

  constructor(
    private readonly path: string,
    private readonly layout: TableLayout,
    private readonly writer: TableWriter,
  ) {
    this.header = layout.headerRows;
  }

  /** Passes parsed rows on. `last`: nothing follows. */
  async take(parsed: ParsedRows, last: boolean): Promise<void> {
    const { rows } = parsed;
    this.cursor = parsed.cursor;
    const quotes = new Map(parsed.quotes.map(({ row, kind }) => [row, kind]));
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const line = this.line;
      this.line += 1 + innerLines(row);
      const quote = quotes.size > 0 ? quotes.get(i) : undefined;
      if (quote === 'unclosed' && last) throw unclosedQuote(this.path, line);
      if (quote === 'misplaced') this.misplacedQuote ??= line;
      if (isBlank(row)) continue;
      if (this.header > 0) this.header--;
      else this.pass(row, line);
      if (this.writer.full) await this.writer.flush();
    }
  }

  /** @throws LatheError when there are no rows, or most do not fit the header. */
  check(delimiter: Delimiter): void {
    const { path } = this;
    const width = this.layout.names.length;
    if (this.long.count > this.writer.rows) {
      throw new LatheError(
        'data',
        `${path}, row ${this.long.line}: it has ${this.long.cells} cells where the header has ${width}, and so have most rows. Give every column a name, or check that cells are separated by one ${DELIMITER_NAMES[delimiter]} each.`,
        { file: path, row: this.long.line },
      );
    }
    if (this.writer.rows === 0) {
      throw new LatheError(
        'data',
        `${path} has a header (${preview(this.layout.names)}) and no rows. Add rows below it.`,
        { file: path, row: 2 },
      );
    }
  }

  private pass(row: string[], line: number): void {
    const width = this.layout.names.length;
    if (row.length > width && row.slice(width).some((cell) => cell.trim() !== '')) {
      // Which of its cells is the surplus one cannot be known: reading it would put values under wrong names.
      note(this.long, line, row.length);
      return;
    }
    if (row.length < width) note(this.short, line, row.length);
    this.lines.add(this.writer.rows, line);
    this.writer.append(row, line);
  }
}

function note(ragged: { count: number; line: number; cells: number }, line: number, cells: number): void {
  if (ragged.count++ === 0) {
    ragged.line = line;
    ragged.cells = cells;
  }
}

/** Line breaks inside the cells of a row. */
function innerLines(row: string[]): number {
  let count = 0;
  for (const cell of row) {
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) count++;
  }
  return count;
}

const preview = (names: string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
