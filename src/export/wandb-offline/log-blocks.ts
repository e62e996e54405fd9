/**
 * The container of W&B’s offline files: LevelDB’s log format (LevelDB, doc/log_format.md), records cut into blocks of 32 KiB,
 * behind a header of its own. The checksum is a plain CRC-32 of type and data.
 */
import { crc32 } from '../../base/crc32';

/** `:W&B`, 0xBEE1 in little-endian order, version 0. It counts to the first block. */
const HEADER = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0x00);

const BLOCK = 32_768;

/** Checksum u32, length u16, type u8. */
const RECORD_HEADER = 7;

/** What a piece of a record is of it. */
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** Writes records one after another. */
export class LogWriter {
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [HEADER];
  /** Bytes so far. */
  #length = HEADER.length;

  add(record: Uint8Array): void {
    let begun = false;
    let at = 0;
    do {
      let left = BLOCK - (this.#length % BLOCK);
      if (left < RECORD_HEADER) {
        this.#push(new Uint8Array(left));
        left = BLOCK;
      }
      const size = Math.min(record.length - at, left - RECORD_HEADER);
      const ends = at + size === record.length;
      const type = begun ? (ends ? LAST : MIDDLE) : ends ? FULL : FIRST;
      const piece = new Uint8Array(RECORD_HEADER + size);
      piece[6] = type;
      piece.set(record.subarray(at, at + size), RECORD_HEADER);
      const view = new DataView(piece.buffer);
      view.setUint32(0, crc32(piece.subarray(6)), true);
      view.setUint16(4, size, true);
      this.#push(piece);
      begun = true;
      at += size;
    } while (at < record.length);
  }

  /** The whole file. */
  bytes(): Uint8Array<ArrayBuffer> {
    const file = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      file.set(chunk, at);
      at += chunk.length;
    }
    return file;
  }

  #push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }
}
