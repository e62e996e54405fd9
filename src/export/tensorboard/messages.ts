/**
 * The messages of an event file in protobuf's wire format. Fields are numbered as in TensorBoard's `event.proto`,
 * `summary.proto` and `tensor.proto`.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** `DataType` of `types.proto`. */
const DT_FLOAT = 1;
const DT_DOUBLE = 2;
const DT_STRING = 7;

/** Which dashboard shows a value. */
interface Plugin {
  name: string;
  content?: Uint8Array;
}

/** `DATA_CLASS_TENSOR` of `summary.proto`. */
const TENSOR_CLASS = 2;

const message = (writer: BinaryWriter, field: number): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).fork();

const integer = (writer: BinaryWriter, field: number, value: number): BinaryWriter =>
  writer.tag(field, WireType.Varint).uint32(value);

const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);

const blob = (writer: BinaryWriter, field: number, value: Uint8Array): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).bytes(value);

/** The first event of a file: which version its format has. @param time milliseconds since the epoch */
export function versionEvent(time: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(time / 1000);
  return text(writer, 3, 'brain.Event:2').finish();
}

/** An event with one value. @param time milliseconds since the epoch @param value a `Summary.Value` */
export function summaryEvent(time: number, step: number, value: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(time / 1000);
  integer(writer, 2, step);
  return writer.raw(summary(value)).finish();
}

/** The field `summary` of an event, with one value. */
export const summary = (value: Uint8Array): Uint8Array =>
  blob(message(new BinaryWriter(), 5), 1, value).join().finish();

/** A number. TensorBoard keeps float32 of it, and the last four bytes here are those. */
export const scalarValue = (tag: string, value: number): Uint8Array =>
  text(new BinaryWriter(), 1, tag).tag(2, WireType.Bit32).float(Math.fround(value)).finish();

/** A picture. @param png the file */
export function imageValue(tag: string, png: Uint8Array, width: number, height: number): Uint8Array {
  const writer = message(text(new BinaryWriter(), 1, tag), 4);
  integer(integer(integer(writer, 1, height), 2, width), 3, 4); // colour space 4: RGBA
  return blob(writer, 4, png).join().finish();
}

/** A sound. @param wave the file */
export function audioValue(tag: string, wave: Uint8Array, rate: number, channels: number, frames: number): Uint8Array {
  const writer = message(text(new BinaryWriter(), 1, tag), 6);
  writer.tag(1, WireType.Bit32).float(rate);
  integer(integer(writer, 2, channels), 3, frames);
  return text(blob(writer, 4, wave), 5, 'audio/wav')
    .join()
    .finish();
}

/** Markdown. */
export function textValue(tag: string, markdown: string): Uint8Array {
  const writer = message(pluginValue(tag, { name: 'text' }), 8);
  // A tensor without dimensions: one text, and no table of texts.
  return text(message(integer(writer, 1, DT_STRING), 2).join(), 8, markdown)
    .join()
    .finish();
}

/** A histogram: `[bins, 3] float64` of left edge, right edge, count. */
export function histogramValue(tag: string, bins: Float64Array): Uint8Array {
  const writer = message(pluginValue(tag, { name: 'histograms' }), 8);
  shape(integer(writer, 1, DT_DOUBLE), [bins.length / 3, 3]);
  return blob(writer, 4, new Uint8Array(bins.buffer, bins.byteOffset, bins.byteLength))
    .join()
    .finish();
}

/** What the HParams dashboard reads: it stands in the metadata, and the tensor holds nothing. */
export function hparamsValue(tag: string, content: Uint8Array): Uint8Array {
  const writer = message(pluginValue(tag, { name: 'hparams', content }), 8);
  return shape(integer(writer, 1, DT_FLOAT), [0])
    .join()
    .finish();
}

/** Tag and metadata of a value whose tensor follows. */
function pluginValue(tag: string, { name, content }: Plugin): BinaryWriter {
  const writer = message(text(new BinaryWriter(), 1, tag), 9);
  text(message(writer, 1), 1, name);
  if (content) blob(writer, 2, content);
  return integer(writer.join(), 4, TENSOR_CLASS).join();
}

function shape(writer: BinaryWriter, sizes: number[]): BinaryWriter {
  message(writer, 2);
  for (const size of sizes) integer(message(writer, 2), 1, size).join();
  return writer.join();
}
