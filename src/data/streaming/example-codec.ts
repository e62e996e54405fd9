/**
 * Examples as bytes on their way to another browser: each takes the same number, its inputs and then its targets,
 * little-endian. What comes out is to the bit what went in.
 *
 * Pixels travel as the bytes that they were, and tokens as 16 bits, where that loses nothing; anything else as float32.
 */
import { LatheError } from '../../base/errors';
import type { Preprocessing } from '../../store/schema';
import type { Batch, ExampleSource } from '../contract';
import { describeIo } from '../features/io';
import { pixelTable } from '../features/images';

/** What inputs are sent as. */
export const ENCODINGS = ['float32', 'pixels', 'tokens'] as const;

/** What inputs are sent as. */
export type Encoding = (typeof ENCODINGS)[number];

/** Examples of one preprocessing as bytes. */
export interface ExampleCodec {
  /** Of one example. */
  readonly bytes: number;
  /** @throws LatheError of kind `internal` where a number cannot be sent as this encoding */
  encode(batch: Batch): Uint8Array<ArrayBuffer>;
  /** @throws LatheError of kind `group` where these are no examples */
  decode(bytes: Uint8Array): Batch;
}

/** One part of every example: its inputs, or its targets. */
interface Field<T extends Batch['targets']> {
  bytes: number;
  /** The values, where they are of this field's kind. */
  own(values: Batch['targets']): T | null;
  /** Writes those of example `i`. */
  write(values: T, i: number, to: DataView, at: number): void;
  make(n: number): T;
  read(values: T, i: number, from: DataView, at: number): void;
}

const ownFloats = (values: Batch['targets']): Float32Array | null => (values instanceof Float32Array ? values : null);

const ownIntegers = (values: Batch['targets']): Int32Array | null => (values instanceof Int32Array ? values : null);

/** No token comes next: in 16 bits. */
const NO_TOKEN = 0xffff;

/** The shortest encoding that loses nothing, tried on one example. */
export async function encodingOf(
  source: ExampleSource,
  preprocessing: Preprocessing,
  example: number,
): Promise<Encoding> {
  const { kind } = preprocessing.inputs;
  const short: Encoding = kind === 'images' ? 'pixels' : kind === 'text' ? 'tokens' : 'float32';
  if (short === 'tokens' && describeIo(preprocessing).outputs > NO_TOKEN) return 'float32';
  try {
    exampleCodec(preprocessing, short).encode(await source.batch([example]));
    return short;
  } catch (error) {
    if (error instanceof LatheError && error.kind === 'internal') return 'float32';
    throw error;
  }
}

/** The codec of examples of this preprocessing. */
export function exampleCodec(preprocessing: Preprocessing, encoding: Encoding): ExampleCodec {
  const inputs = inputField(preprocessing, encoding);
  const { task } = preprocessing;
  if (task === 'regression') return codec(inputs, floats(preprocessing.target.length));
  const targets =
    task === 'language_model'
      ? encoding === 'tokens'
        ? nextTokens(preprocessing)
        : integers(preprocessing.input_shape[0], describeIo(preprocessing).outputs)
      : integers(1, preprocessing.classes?.length ?? 0);
  return codec(inputs, targets);
}

function codec<T extends Batch['targets']>(inputs: Field<Float32Array>, targets: Field<T>): ExampleCodec {
  const bytes = inputs.bytes + targets.bytes;
  return {
    bytes,
    encode(batch) {
      const out = new Uint8Array(batch.n * bytes);
      const view = new DataView(out.buffer);
      const own = targets.own(batch.targets);
      if (!own) throw new LatheError('internal', 'Targets of another task were to be sent.');
      for (let i = 0; i < batch.n; i++) {
        inputs.write(batch.inputs, i, view, i * bytes);
        targets.write(own, i, view, i * bytes + inputs.bytes);
      }
      return out;
    },
    decode(given) {
      const n = given.length / bytes;
      if (!Number.isInteger(n)) throw notExamples();
      const view = new DataView(given.buffer, given.byteOffset, given.byteLength);
      const batch = { n, inputs: inputs.make(n), targets: targets.make(n) };
      for (let i = 0; i < n; i++) {
        inputs.read(batch.inputs, i, view, i * bytes);
        targets.read(batch.targets, i, view, i * bytes + inputs.bytes);
      }
      return batch;
    },
  };
}

function inputField(preprocessing: Preprocessing, encoding: Encoding): Field<Float32Array> {
  const numbers = preprocessing.input_shape.reduce((product, side) => product * side, 1);
  const { inputs } = preprocessing;
  if (encoding === 'pixels' && inputs.kind === 'images') return pixels(numbers, inputs);
  if (encoding === 'tokens') return tokens(numbers, describeIo(preprocessing).outputs);
  return floats(numbers);
}

function floats(count: number): Field<Float32Array> {
  return {
    bytes: 4 * count,
    own: ownFloats,
    make: (n) => new Float32Array(n * count),
    write(values, i, to, at) {
      for (let k = 0; k < count; k++) to.setFloat32(at + 4 * k, values[i * count + k], true);
    },
    read(values, i, from, at) {
      for (let k = 0; k < count; k++) values[i * count + k] = from.getFloat32(at + 4 * k, true);
    },
  };
}

/** Whole numbers from -1 to below `end`. */
function integers(count: number, end: number): Field<Int32Array> {
  return {
    bytes: 4 * count,
    own: ownIntegers,
    make: (n) => new Int32Array(n * count),
    write(values, i, to, at) {
      for (let k = 0; k < count; k++) to.setInt32(at + 4 * k, values[i * count + k], true);
    },
    read(values, i, from, at) {
      for (let k = 0; k < count; k++) {
        const value = from.getInt32(at + 4 * k, true);
        if (value < -1 || value >= end) throw notExamples();
        values[i * count + k] = value;
      }
    },
  };
}

/** Inputs that are pixels through the table of their channel: the place in the table, found again by its formula. */
function pixels(count: number, scale: { mean: number[]; std: number[] }): Field<Float32Array> {
  const { mean, std } = scale;
  const channels = mean.length;
  const table = pixelTable(scale);
  return {
    bytes: count,
    own: ownFloats,
    make: (n) => new Float32Array(n * count),
    write(values, i, to, at) {
      for (let k = 0; k < count; k++) {
        const value = values[i * count + k];
        const c = k % channels;
        const pixel = Math.round((value * std[c] + mean[c]) * 255);
        if (table[c * 256 + pixel] !== value) throw unsendable();
        to.setUint8(at + k, pixel);
      }
    },
    read(values, i, from, at) {
      for (let k = 0; k < count; k++) values[i * count + k] = table[(k % channels) * 256 + from.getUint8(at + k)];
    },
  };
}

function tokens(count: number, vocabulary: number): Field<Float32Array> {
  return {
    bytes: 2 * count,
    own: ownFloats,
    make: (n) => new Float32Array(n * count),
    write(values, i, to, at) {
      for (let k = 0; k < count; k++) {
        const value = values[i * count + k];
        if (!Number.isInteger(value) || value < 0 || value >= vocabulary) throw unsendable();
        to.setUint16(at + 2 * k, value, true);
      }
    },
    read(values, i, from, at) {
      for (let k = 0; k < count; k++) {
        const value = from.getUint16(at + 2 * k, true);
        if (value >= vocabulary) throw notExamples();
        values[i * count + k] = value;
      }
    },
  };
}

function nextTokens(preprocessing: Preprocessing): Field<Int32Array> {
  const count = preprocessing.input_shape[0];
  const vocabulary = describeIo(preprocessing).outputs;
  return {
    bytes: 2 * count,
    own: ownIntegers,
    make: (n) => new Int32Array(n * count),
    write(values, i, to, at) {
      for (let k = 0; k < count; k++) {
        const value = values[i * count + k];
        to.setUint16(at + 2 * k, value < 0 ? NO_TOKEN : value, true);
      }
    },
    read(values, i, from, at) {
      for (let k = 0; k < count; k++) {
        const value = from.getUint16(at + 2 * k, true);
        if (value >= vocabulary && value !== NO_TOKEN) throw notExamples();
        values[i * count + k] = value === NO_TOKEN ? -1 : value;
      }
    },
  };
}

const unsendable = (): LatheError => new LatheError('internal', 'A number of an example has no place in its encoding.');

const notExamples = (): LatheError =>
  new LatheError(
    'group',
    'What was sent as examples is none of this data. Whoever sends it may have another version of Lathe: reload both pages.',
  );
