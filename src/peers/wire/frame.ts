/**
 * Frames of the bulk lane: a message of any length is cut into chunks, and each travels with a header that says where it
 * belongs, so that frames may arrive in any order and more than once. Little-endian, at most `MOST_FRAME` bytes.
 *
 * | at | field    | type | meaning                                                                       |
 * |---:|----------|------|-------------------------------------------------------------------------------|
 * |  0 | magic    | u16  | 0x4c54                                                                        |
 * |  2 | version  | u8   | 1                                                                             |
 * |  3 | phase    | u8   | see `Phase`                                                                   |
 * |  4 | epoch    | u32  | of the view                                                                   |
 * |  8 | seq      | u32  | transaction                                                                   |
 * | 12 | round    | u16  | attempt within the epoch                                                      |
 * | 14 | bucket   | u16  | part of the vector                                                            |
 * | 16 | shard    | u16  | part of the bucket                                                            |
 * | 18 | source   | u16  | member number of the sender                                                   |
 * | 20 | node     | u32  | of the tree of items: level << 24 | index; `SUM_NODE`; of state: chunk number |
 * | 24 | chunk    | u16  | i of n                                                                        |
 * | 26 | chunks   | u16  | n                                                                             |
 * | 28 | length   | u32  | bytes of payload in this frame                                                |
 * | 32 | total    | u32  | bytes of payload in all chunks                                                |
 * | 36 | checksum | u32  | CRC-32 of the header with zero here, and of the payload                       |
 */
import { crc32 } from '../../base/crc32';
import { LatheError } from '../../base/errors';
import type { DropReason } from '../status';
import { MOST_FRAME } from '../transport/link';

const MAGIC = 0x4c54;
const VERSION = 1;
const CHECKSUM_AT = 36;

/** Bytes before the payload of a frame. */
export const HEADER_BYTES = 40;

/** Bytes of payload in every chunk of a message but its last. */
export const CHUNK_BYTES = MOST_FRAME - HEADER_BYTES;

/** Longest message, in bytes: the number of chunks is 16 bits wide. */
export const MOST_MESSAGE = CHUNK_BYTES * 0xffff;

/** `node` of a contribution that is the sum of all that its sender has. */
export const SUM_NODE = 0xffff_ffff;

/** What a message is for. */
export const Phase = {
  /** A contribution, to the owner of a shard. */
  reduce: 0,
  /** The sum of a shard, from its owner to all. */
  gather: 1,
  /** A piece of the state, to a peer that joins. */
  state: 2,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** Where a message belongs. Numbers are unsigned, of the widths above. */
export interface MessageHeader {
  phase: Phase;
  epoch: number;
  seq: number;
  round: number;
  bucket: number;
  shard: number;
  source: number;
  node: number;
}

/**
 * A message to be sent: nobody writes to `payload` afterwards, so that it may wait in a queue. An empty payload stands for
 * numbers that are not finite.
 */
export interface Message extends MessageHeader {
  payload: Uint8Array;
}

/** One frame as it arrived; `payload` is a view of its bytes. */
export interface Frame extends MessageHeader {
  chunk: number;
  chunks: number;
  total: number;
  payload: Uint8Array;
}

/** Frames that a payload of so many bytes needs: an empty one needs one, too. */
export const chunksOf = (total: number): number => Math.max(1, Math.ceil(total / CHUNK_BYTES));

/** Of chunks that were written; 0: not yet. A message that goes to many is summed up once. */
const CHECKSUMS = new WeakMap<Message, Uint32Array>();

/**
 * Writes chunk `chunk` of a message to the start of `into` (`MOST_FRAME` bytes suffice), and returns the part written.
 * @throws LatheError where the message is too long.
 */
export function writeFrame(message: Message, chunk: number, into: Uint8Array): Uint8Array {
  const total = message.payload.length;
  if (total > MOST_MESSAGE) {
    throw new LatheError('internal', `A message of ${total} bytes is longer than ${MOST_MESSAGE}: cut it up.`);
  }
  const start = chunk * CHUNK_BYTES;
  const length = Math.min(CHUNK_BYTES, total - start);
  const view = new DataView(into.buffer, into.byteOffset, HEADER_BYTES);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, VERSION);
  view.setUint8(3, message.phase);
  view.setUint32(4, message.epoch, true);
  view.setUint32(8, message.seq, true);
  view.setUint16(12, message.round, true);
  view.setUint16(14, message.bucket, true);
  view.setUint16(16, message.shard, true);
  view.setUint16(18, message.source, true);
  view.setUint32(20, message.node, true);
  view.setUint16(24, chunk, true);
  view.setUint16(26, chunksOf(total), true);
  view.setUint32(28, length, true);
  view.setUint32(32, total, true);
  view.setUint32(CHECKSUM_AT, 0, true);
  into.set(message.payload.subarray(start, start + length), HEADER_BYTES);
  const frame = into.subarray(0, HEADER_BYTES + length);
  let checksums = CHECKSUMS.get(message);
  if (!checksums) CHECKSUMS.set(message, (checksums = new Uint32Array(chunksOf(total))));
  checksums[chunk] ||= crc32(frame);
  view.setUint32(CHECKSUM_AT, checksums[chunk], true);
  return frame;
}

const ZEROS = new Uint8Array(4);

/** Reads a frame and checks all that needs no knowledge of the group: sizes, numbers of chunks, checksum. */
export function readFrame(bytes: Uint8Array): Frame | DropReason {
  if (bytes.length > MOST_FRAME) return 'oversized';
  if (bytes.length < HEADER_BYTES) return 'malformed';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint16(0, true) !== MAGIC || view.getUint8(2) !== VERSION) return 'malformed';
  const phase = view.getUint8(3);
  if (phase !== Phase.reduce && phase !== Phase.gather && phase !== Phase.state) return 'malformed';
  const chunk = view.getUint16(24, true);
  const chunks = view.getUint16(26, true);
  const length = view.getUint32(28, true);
  const total = view.getUint32(32, true);
  if (total > MOST_MESSAGE) return 'oversized';
  if (chunks !== chunksOf(total) || chunk >= chunks || length !== bytes.length - HEADER_BYTES) return 'malformed';
  if (length !== Math.min(CHUNK_BYTES, total - chunk * CHUNK_BYTES)) return 'malformed';
  // The checksum as if its own place held zeros, without writing to bytes that are not ours.
  let sum = crc32(bytes.subarray(0, CHECKSUM_AT));
  sum = crc32(ZEROS, sum);
  sum = crc32(bytes.subarray(HEADER_BYTES), sum);
  if (sum !== view.getUint32(CHECKSUM_AT, true)) return 'checksum';
  return {
    phase,
    epoch: view.getUint32(4, true),
    seq: view.getUint32(8, true),
    round: view.getUint16(12, true),
    bucket: view.getUint16(14, true),
    shard: view.getUint16(16, true),
    source: view.getUint16(18, true),
    node: view.getUint32(20, true),
    chunk,
    chunks,
    total,
    payload: bytes.subarray(HEADER_BYTES),
  };
}
