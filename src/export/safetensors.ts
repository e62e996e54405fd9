/**
 * The safetensors format: 8 bytes of header length (little-endian), a JSON header, then the tensors' bytes without gaps
 * (https://github.com/huggingface/safetensors, "Format"). Lathe writes and reads float32 tensors in it.
 */
import * as v from 'valibot';
import { LatheError } from '../base/errors';
import type { TensorEntry } from '../store/schema';

/** The content of a safetensors file. */
export interface Safetensors {
  /** Ascending by offset; together they fill `data` without gaps. */
  tensors: TensorEntry[];
  /** Little-endian float32 of all tensors in a row. */
  data: Uint8Array;
  /** Free text by key. */
  metadata: Record<string, string>;
}

/** The header of a real file is small; the reference implementation refuses more than this, too. */
const MAX_HEADER_BYTES = 100_000_000;

const BYTES_PER_FLOAT = 4;

const tensorHeader = v.strictObject({
  dtype: v.string(),
  shape: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
  data_offsets: v.strictTuple([
    v.pipe(v.number(), v.integer(), v.minValue(0)),
    v.pipe(v.number(), v.integer(), v.minValue(0)),
  ]),
});

const metadataHeader = v.record(v.string(), v.string());

/**
 * Writes a file. `content.tensors` must fill `content.data` without gaps, as `readWeights` gives them; the data section
 * is then those bytes as they are.
 * @throws LatheError of kind `internal` when they do not.
 */
export function writeSafetensors(content: Safetensors): Uint8Array<ArrayBuffer> {
  let expected = 0;
  const header: Record<string, unknown> = {};
  if (Object.keys(content.metadata).length > 0) header.__metadata__ = content.metadata;
  for (const { name, shape, offset, length } of content.tensors) {
    if (offset !== expected || length !== elements(shape) * BYTES_PER_FLOAT) {
      throw new LatheError('internal', `The tensor ${name} is not where its neighbours and its shape put it.`);
    }
    if (name in header) throw new LatheError('internal', `Two tensors are named ${name}.`);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + length] };
    expected += length;
  }
  if (expected !== content.data.byteLength) {
    throw new LatheError('internal', `The tensors cover ${expected} of ${content.data.byteLength} bytes.`);
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces so that the data begins at a multiple of eight, as readers that map the file into memory like it.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + content.data.byteLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  file.set(content.data, 8 + headerBytes);
  return file;
}

/**
 * Reads a file whose tensors are all float32.
 * @param name what to call the file in errors.
 * @throws LatheError of kind `bundle` when it is truncated, its tensors overlap or leave gaps, or are not float32.
 */
export function readSafetensors(bytes: Uint8Array, name = 'model.safetensors'): Safetensors {
  const fail = (what: string): LatheError =>
    new LatheError('bundle', `${name}: ${what} Export the model again, or copy the file once more.`, { file: name });
  if (bytes.byteLength < 8) {
    throw fail(`the file has ${bytes.byteLength} bytes, too few for a safetensors header.`);
  }
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) {
    throw fail(`its header claims ${headerBytes} bytes: this is not a safetensors file.`);
  }
  if (8 + headerBytes > bytes.byteLength) {
    throw fail(`it is truncated: the header needs ${8 + headerBytes} bytes, the file has ${bytes.byteLength}.`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes), fail);
  const data = bytes.subarray(8 + headerBytes);

  const metadata = v.safeParse(metadataHeader, header.__metadata__ ?? {});
  if (!metadata.success) throw fail('its __metadata__ is not text by key.');

  const tensors = Object.entries(header)
    .filter(([key]) => key !== '__metadata__')
    .map(([key, value]) => readEntry(key, value, fail))
    // An empty tensor shares its offset with its successor: it must come first.
    .sort((a, b) => a.offset - b.offset || a.length - b.length);

  let end = 0;
  for (const tensor of tensors) {
    if (tensor.offset + tensor.length > data.byteLength) {
      throw fail(
        `it is truncated: the tensor ${tensor.name} ends at byte ${tensor.offset + tensor.length} of the data, there are ${data.byteLength}.`,
      );
    }
    if (tensor.offset < end) throw fail(`the tensor ${tensor.name} overlaps the one before it.`);
    if (tensor.offset > end)
      throw fail(`there is a gap of ${tensor.offset - end} bytes before the tensor ${tensor.name}.`);
    end = tensor.offset + tensor.length;
  }
  if (end !== data.byteLength) throw fail(`${data.byteLength - end} bytes at its end belong to no tensor.`);
  return { tensors, data, metadata: metadata.output };
}

function parseHeader(bytes: Uint8Array, fail: (what: string) => LatheError): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fail('its header is not JSON: this is not a safetensors file, or it is damaged.');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw fail('its header is not an object.');
  return { ...header };
}

function readEntry(name: string, value: unknown, fail: (what: string) => LatheError): TensorEntry {
  const entry = v.safeParse(tensorHeader, value);
  if (!entry.success) throw fail(`the header of the tensor ${name} lacks dtype, shape or data_offsets.`);
  const { dtype, shape, data_offsets } = entry.output;
  if (dtype !== 'F32') throw fail(`the tensor ${name} has dtype ${dtype}; Lathe reads F32.`);
  const [offset, end] = data_offsets;
  const length = elements(shape) * BYTES_PER_FLOAT;
  if (end - offset !== length) {
    throw fail(
      `the tensor ${name} of shape [${shape.join(', ')}] needs ${length} bytes, its offsets give ${end - offset}.`,
    );
  }
  return { name, shape, offset, length };
}

const elements = (shape: number[]): number => shape.reduce((product, size) => product * size, 1);
