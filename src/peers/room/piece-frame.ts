/**
 * Frames that carry pieces of blobs, or examples, on the bulk lane beside those of the group. Little-endian, 16 bytes and
 * the payload: magic u16, version u8, 1 where training waits for it u8, ticket u32 of the request that it answers, offset u32 within the piece asked for,
 * length u32 of the payload. A blob is checked by its hash when it is whole, so a frame has no checksum.
 */
import { MOST_FRAME } from '../transport/link';

const MAGIC = 0x4c44;
const VERSION = 1;
const HEADER = 16;

/** Most payload of one frame, in bytes. */
export const MOST_PAYLOAD = MOST_FRAME - HEADER;

/** A part of a piece. */
export interface PieceFrame {
  ticket: number;
  /** Where in the piece the payload begins, in bytes. */
  offset: number;
  payload: Uint8Array;
}

/** Whether training waits for what these bytes, which are a frame, carry. */
export const isUrgent = (frame: Uint8Array): boolean => frame[3] === 1;

/** Whether the lobby should read these bytes. */
export const isPieceFrame = (bytes: Uint8Array): boolean => bytes.length >= 2 && (bytes[0] | (bytes[1] << 8)) === MAGIC;

/** The bytes of a frame. `payload` has at most `MOST_PAYLOAD` bytes; `urgent`: training waits for it. */
export function encodePieceFrame({ ticket, offset, payload }: PieceFrame, urgent = false): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, VERSION);
  view.setUint8(3, urgent ? 1 : 0);
  view.setUint32(4, ticket, true);
  view.setUint32(8, offset, true);
  view.setUint32(12, payload.length, true);
  bytes.set(payload, HEADER);
  return bytes;
}

/** Reads a frame; null where it is none. The payload is a view into `bytes`. */
export function decodePieceFrame(bytes: Uint8Array): PieceFrame | null {
  if (bytes.length <= HEADER || bytes.length > MOST_FRAME || !isPieceFrame(bytes) || bytes[2] !== VERSION) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(12, true) !== bytes.length - HEADER) return null;
  return {
    ticket: view.getUint32(4, true),
    offset: view.getUint32(8, true),
    payload: bytes.subarray(HEADER),
  };
}
