/**
 * Records as TensorFlow frames them (`tsl/lib/io/record_writer.h`), little-endian:
 * `u64 length | u32 masked CRC of the length | data | u32 masked CRC of the data`.
 */
import { crc32c, maskCrc } from './crc32c';

/** Bytes of a record before its data. */
const HEAD = 12;

/** Bytes of a record after its data. */
const FOOT = 4;

/** Bytes that a new buffer holds. */
const START = 1 << 16;

/** A row of records that grows. */
export class RecordBuffer {
  #bytes = new Uint8Array(START);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** Appends a record. */
  append(data: Uint8Array): void {
    this.build(data.length, (bytes, at) => {
      bytes.set(data, at);
      return at + data.length;
    });
  }

  /**
   * Appends a record that is written in place, without a copy of its own.
   * @param most bytes that it has at most
   * @param write puts the data into `bytes` from `at` on, and returns where they end
   */
  build(most: number, write: (bytes: Uint8Array, at: number, view: DataView) => number): void {
    this.#reserve(HEAD + most + FOOT);
    const start = this.#end;
    const from = start + HEAD;
    const to = write(this.#bytes, from, this.#view);
    this.#view.setUint32(start, to - from, true);
    this.#view.setUint32(start + 4, 0, true);
    this.#view.setUint32(start + 8, maskCrc(crc32c(this.#bytes, start, start + 8)), true);
    this.#view.setUint32(to, maskCrc(crc32c(this.#bytes, from, to)), true);
    this.#end = to + FOOT;
  }

  /** All records since the last time, which are forgotten here. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#end);
    this.#end = 0;
    return taken;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#end + bytes));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
