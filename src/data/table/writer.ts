/**
 * Takes the rows of a table one by one and stores them column by column, in chunks, so that a table of any length is
 * written in bounded memory. A column of a chunk is kept as numbers for as long as every cell is a plain one, and turns
 * into dictionary-coded text at the first that is not.
 */
import type { BlobStore } from '../../store/blobs';
import type { TableChunk } from '../../store/schema';
import { isMissing, isNaNMarker } from '../values/missing';
import { isInfinite, plainNumber } from '../values/number';
import { encodeColumn } from './column-chunk';

/** Rows of a full chunk; less where a table has more than 128 columns. */
export const CHUNK_ROWS = 65_536;

const CHUNK_CELLS = 1 << 23;

/** Cells of one column that said something else than a value: NaN or ±Infinity. */
export interface OddCells {
  column: string;
  kind: 'NaN' | 'infinite';
  count: number;
  /** Line of the first of them. */
  line: number;
}

/** Stores a table. Call `append` for each row, `flush` whenever `full`, and `finish` at the end. */
export class TableWriter {
  rows = 0;
  bytes = 0;
  private readonly chunkRows: number;
  private readonly columns: ColumnBuffer[];
  private readonly chunks: TableChunk[] = [];
  private pending = 0;

  constructor(
    names: string[],
    decimalComma: boolean,
    private readonly blobs: BlobStore,
  ) {
    this.chunkRows = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(CHUNK_CELLS / names.length)));
    this.columns = names.map((name) => new ColumnBuffer(name, decimalComma, this.chunkRows));
  }

  /** Whether `flush` must be called before the next row. */
  get full(): boolean {
    return this.pending >= this.chunkRows;
  }

  /** Adds a row; cells past the last column are ignored, cells that lack are missing. `line` is where it stands. */
  append(cells: string[], line: number): void {
    for (let i = 0; i < this.columns.length; i++) this.columns[i].push(cells[i] ?? '', line);
    this.pending++;
    this.rows++;
  }

  /** Stores the rows held so far as one chunk. */
  async flush(): Promise<void> {
    if (this.pending === 0) return;
    const rows = this.pending;
    this.pending = 0;
    const columns = await Promise.all(
      this.columns.map(async (column) => {
        const chunk = column.take();
        const bytes = encodeColumn(chunk);
        this.bytes += bytes.length;
        return { hash: await this.blobs.put(bytes), encoding: chunk.encoding };
      }),
    );
    this.chunks.push({ rows, columns });
  }

  /** Stores what is left and returns all chunks. */
  async finish(): Promise<TableChunk[]> {
    await this.flush();
    return this.chunks;
  }

  /** NaN and infinite cells met so far, by column. */
  odd(): OddCells[] {
    return this.columns.flatMap((column) => column.odd);
  }
}

class ColumnBuffer {
  readonly odd: OddCells[] = [];
  private length = 0;
  private numbers: Float64Array;
  /** Null while every cell is a plain number or missing. */
  private text: { codes: Uint32Array; dictionary: Map<string, number> } | null = null;

  constructor(
    private readonly name: string,
    private readonly decimalComma: boolean,
    private readonly capacity: number,
  ) {
    this.numbers = new Float64Array(Math.min(capacity, 1024));
  }

  push(cell: string, line: number): void {
    if (this.text) {
      // Most texts were seen before, and nothing missing is ever in the dictionary.
      const code = this.text.dictionary.get(cell);
      if (code !== undefined) this.pushCode(code);
      else if (this.isNothing(cell, line)) this.pushCode(0);
      else this.pushText(cell);
      return;
    }
    const value = this.plain(cell);
    if (Number.isNaN(value) && !this.isNothing(cell, line)) {
      this.turnIntoText();
      this.pushText(cell);
      return;
    }
    if (this.length === this.numbers.length) this.grow();
    this.numbers[this.length++] = value;
  }

  /** The rows held, as a chunk; the buffer is empty afterwards. */
  take():
    { encoding: 'float64'; values: Float64Array } | { encoding: 'text'; dictionary: string[]; codes: Uint32Array } {
    const length = this.length;
    const text = this.text;
    this.length = 0;
    this.text = null;
    if (!text) return { encoding: 'float64', values: this.numbers.subarray(0, length) };
    return { encoding: 'text', dictionary: [...text.dictionary.keys()], codes: text.codes.subarray(0, length) };
  }

  private plain(cell: string): number {
    // Where commas are decimal, a point may separate thousands: such cells stay text until they are read with care.
    return this.decimalComma && cell.includes('.') ? NaN : plainNumber(cell);
  }

  private isNothing(cell: string, line: number): boolean {
    if (isMissing(cell)) {
      if (isNaNMarker(cell)) this.note('NaN', line);
      return true;
    }
    if (isInfinite(cell)) {
      this.note('infinite', line);
      return true;
    }
    return false;
  }

  private note(kind: OddCells['kind'], line: number): void {
    const known = this.odd.find((odd) => odd.kind === kind);
    if (known) known.count++;
    else this.odd.push({ column: this.name, kind, count: 1, line });
  }

  private pushText(cell: string): void {
    const dictionary = this.text?.dictionary;
    if (!dictionary) return;
    let code = dictionary.get(cell);
    if (code === undefined) {
      code = dictionary.size + 1;
      dictionary.set(cell, code);
    }
    this.pushCode(code);
  }

  private pushCode(code: number): void {
    if (!this.text) return;
    if (this.length === this.text.codes.length) this.grow();
    this.text.codes[this.length++] = code;
  }

  private turnIntoText(): void {
    const held = this.numbers.subarray(0, this.length);
    this.text = { codes: new Uint32Array(this.numbers.length), dictionary: new Map() };
    this.length = 0;
    for (const value of held) {
      if (value === value) this.pushText(String(value));
      else this.pushCode(0);
    }
  }

  private grow(): void {
    const size = Math.min(this.capacity, this.length * 2);
    if (this.text) {
      const codes = new Uint32Array(size);
      codes.set(this.text.codes);
      this.text.codes = codes;
    } else {
      const numbers = new Float64Array(size);
      numbers.set(this.numbers);
      this.numbers = numbers;
    }
  }
}
