/**
 * The bytes of one column of one chunk of rows. `float64`: little-endian doubles, NaN where the cell is missing. `text`:
 * dictionary-coded, as follows (all little-endian):
 *
 *     uint32 length of the dictionary in bytes · the dictionary, a JSON list of strings, UTF-8 · zeros up to a multiple
 *     of 4 · one uint32 a row: 0 where the cell is missing, else 1 + position in the dictionary
 *
 * Both give back the text of every cell exactly as it stood in the file.
 */
import * as v from 'valibot';
import { LatheError } from '../../base/errors';

/** A column of a chunk, decoded. */
export type ColumnChunk =
  | { encoding: 'float64'; values: Float64Array }
  /** `codes[row]`: 0 missing, else 1 + position in `dictionary`. */
  | { encoding: 'text'; dictionary: string[]; codes: Uint32Array };

const dictionarySchema = v.array(v.string());

/** Writes a column. */
export function encodeColumn(column: ColumnChunk): Uint8Array<ArrayBuffer> {
  if (column.encoding === 'float64') return new Uint8Array(column.values.slice().buffer);
  const dictionary = new TextEncoder().encode(JSON.stringify(column.dictionary));
  const start = 4 + Math.ceil(dictionary.length / 4) * 4;
  const bytes = new Uint8Array(start + column.codes.length * 4);
  new DataView(bytes.buffer).setUint32(0, dictionary.length, true);
  bytes.set(dictionary, 4);
  new Uint32Array(bytes.buffer, start).set(column.codes);
  return bytes;
}

/**
 * Reads a column of `rows` rows.
 * @throws LatheError of kind `storage` when the bytes are not such a column.
 */
export function decodeColumn(buffer: ArrayBuffer, encoding: ColumnChunk['encoding'], rows: number): ColumnChunk {
  if (encoding === 'float64') {
    if (buffer.byteLength !== rows * 8) throw damaged();
    return { encoding, values: new Float64Array(buffer) };
  }
  if (buffer.byteLength < 4) throw damaged();
  const length = new DataView(buffer).getUint32(0, true);
  const start = 4 + Math.ceil(length / 4) * 4;
  if (buffer.byteLength !== start + rows * 4) throw damaged();
  const codes = new Uint32Array(buffer, start, rows);
  const dictionary = readDictionary(new Uint8Array(buffer, 4, length));
  if (codes.some((code) => code > dictionary.length)) throw damaged();
  return { encoding, dictionary, codes };
}

function readDictionary(bytes: Uint8Array): string[] {
  try {
    return v.parse(dictionarySchema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw damaged(error);
  }
}

const damaged = (cause?: unknown): LatheError =>
  new LatheError('storage', 'A stored column of the dataset is damaged. Import its file again.', {}, [], { cause });
