/** Frames of the bulk lane that must not be used, each made of a real one, and the reason that they are counted under. */
import { crc32 } from '../../../src/base/crc32';
import type { RandomStream } from '../../../src/base/random';
import type { CodecConfig } from '../../../src/peers/compression/codec';
import type { DropReason } from '../../../src/peers/status';
import { MOST_FRAME } from '../../../src/peers/transport/link';
import { HEADER_BYTES, MOST_MESSAGE, Phase, readFrame, type Frame } from '../../../src/peers/wire/frame';

/** A real frame, what came before it on the same link, and chance. */
export interface Source {
  bytes: Uint8Array;
  frame: Frame;
  history: readonly Uint8Array[];
  random: RandomStream;
  codec: CodecConfig['name'];
}

/** A frame that must not be used. `reasons`: those that it may be counted under. */
export interface Hostile {
  kind: string;
  bytes: Uint8Array;
  reasons: readonly DropReason[];
  /** It comes before the real one: after it, it would only be a repetition. */
  first?: boolean;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** A copy with some header fields changed, and a checksum that fits again. */
function resealed(bytes: Uint8Array, change: (header: DataView, payload: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(view(copy), copy.subarray(HEADER_BYTES));
  view(copy).setUint32(36, 0, true);
  view(copy).setUint32(36, crc32(copy), true);
  return copy;
}

/** Makes numbers in the payload of a format other than finite. */
function poison(codec: Source['codec'], payload: Uint8Array, random: RandomStream): void {
  const bytes = view(payload);
  const bad = [NaN, Infinity, -Infinity][random.integer(3)];
  if (codec === 'float16') {
    // The exponent of all numbers, or one half of them.
    if (random.uniform() < 0.3) bytes.setInt32(0, random.uniform() < 0.5 ? 0x7fff_ffff : -1_000, true);
    else
      bytes.setUint16(4 + 2 * random.integer((payload.length - 4) / 2), random.uniform() < 0.5 ? 0x7c00 : 0xfe00, true);
  } else if (codec === 'int8') {
    // The scale of the first block: even zero times infinity is not finite.
    bytes.setFloat32(0, bad, true);
  }
  // The factors of PowerSGD are such numbers, too.
  else bytes.setFloat32(4 * random.integer(payload.length / 4), bad, true);
}

type Make = (source: Source) => Omit<Hostile, 'kind'> | null;

/** All kinds. Null: this real frame does not lend itself. */
const KINDS: Record<string, Make> = {
  'random bytes': ({ random }) => ({
    bytes: Uint8Array.from({ length: random.integer(300) }, () => random.integer(256)),
    reasons: ['malformed'],
  }),
  truncated: ({ bytes, random }) => ({ bytes: bytes.slice(0, random.integer(bytes.length)), reasons: ['malformed'] }),
  extended: ({ bytes, random }) => {
    const longer = new Uint8Array(bytes.length + 1 + random.integer(100));
    longer.set(bytes);
    return { bytes: longer, reasons: longer.length > MOST_FRAME ? ['oversized'] : ['malformed'] };
  },
  'with one bit flipped': ({ bytes, random }) => {
    const copy = bytes.slice();
    const bit = random.integer(8 * Math.min(bytes.length, random.uniform() < 0.5 ? HEADER_BYTES : bytes.length));
    copy[bit >> 3] ^= 1 << (bit & 7);
    return { bytes: copy, reasons: ['malformed', 'checksum', 'oversized'] };
  },
  'a second time': ({ bytes }) => ({ bytes: bytes.slice(), reasons: ['replayed', 'stale'] }),
  'of an older step': ({ frame, history, random }) => {
    const old = history.filter((bytes) => view(bytes).getUint32(8, true) < frame.seq - 3);
    return old.length === 0 ? null : { bytes: old[random.integer(old.length)].slice(), reasons: ['stale'] };
  },
  'of an older view': ({ bytes, frame, random }) => ({
    bytes: resealed(bytes, (header) => header.setUint32(4, random.integer(frame.epoch), true)),
    reasons: ['stale'],
  }),
  'of a view to come': ({ bytes, frame, random }) => ({
    bytes: resealed(bytes, (header) => header.setUint32(4, frame.epoch + 1 + random.integer(0x7fff_ffff), true)),
    reasons: ['malformed'],
  }),
  'of a step to come': ({ bytes, frame, random }) => ({
    bytes: resealed(bytes, (header) => header.setUint32(8, frame.seq + 8 + random.integer(0x7fff_ffff), true)),
    reasons: ['malformed'],
  }),
  'of another attempt': ({ bytes }) => ({
    bytes: resealed(bytes, (header) => header.setUint16(12, 1, true)),
    reasons: ['stale'],
  }),
  'in the name of another member': ({ bytes, frame, random }) => ({
    bytes: resealed(bytes, (header) => header.setUint16(18, (frame.source + 1 + random.integer(3)) & 0xffff, true)),
    reasons: ['stranger'],
  }),
  'of a bucket that is none': ({ bytes, random }) => ({
    bytes: resealed(bytes, (header) => header.setUint16(14, 100 + random.integer(60_000), true)),
    reasons: ['malformed'],
  }),
  'of a shard that is none': ({ bytes, random }) => ({
    bytes: resealed(bytes, (header) => header.setUint16(16, 100 + random.integer(60_000), true)),
    reasons: ['malformed'],
  }),
  'of items that its sender was not dealt': ({ bytes, frame, random }) =>
    frame.phase !== Phase.reduce
      ? null
      : {
          bytes: resealed(bytes, (header) => header.setUint32(20, 0x2000_0000 + random.integer(0xffff), true)),
          reasons: ['malformed'],
        },
  'with a payload of another length': ({ bytes, frame }) =>
    frame.total <= 8 || frame.chunks > 1
      ? null
      : {
          bytes: resealed(bytes.subarray(0, bytes.length - 4), (header) => {
            header.setUint32(28, frame.total - 4, true);
            header.setUint32(32, frame.total - 4, true);
          }),
          reasons: ['length'],
        },
  'longer than a frame may be': ({ random }) => ({
    bytes: new Uint8Array(MOST_FRAME + 1 + random.integer(100_000)),
    reasons: ['oversized'],
  }),
  'of a message that is longer than one may be': ({ bytes }) => ({
    bytes: resealed(bytes, (header) => header.setUint32(32, MOST_MESSAGE + 1, true)),
    reasons: ['oversized'],
  }),
  'of a phase that is none': ({ bytes, random }) => ({
    bytes: resealed(bytes, (header) => header.setUint8(3, 3 + random.integer(250))),
    reasons: ['malformed'],
  }),
  'of a state that nobody asked for': ({ bytes }) => ({
    bytes: resealed(bytes, (header) => header.setUint8(3, Phase.state)),
    reasons: ['stale'],
  }),
  'of another version': ({ bytes }) => ({
    bytes: resealed(bytes, (header) => header.setUint8(2, 2)),
    reasons: ['malformed'],
  }),
  'with numbers that are not finite': ({ bytes, frame, random, codec }) => {
    if (frame.total === 0 || frame.chunks > 1) return null;
    return {
      bytes: resealed(bytes, (_header, payload) => poison(codec, payload, random)),
      reasons: ['not_finite'],
      first: true,
    };
  },
};

/** Names of all kinds. */
export const HOSTILE_FRAMES: readonly string[] = Object.keys(KINDS);

/** A hostile frame of a kind; null: none can be made of this one. */
export function hostileFrame(kind: string, source: Source): Hostile | null {
  const made = KINDS[kind](source);
  return made && { kind, ...made };
}

/** A frame of float32 numbers with one that is none. */
export const poisonedFrame = (bytes: Uint8Array): Uint8Array =>
  resealed(bytes, (_header, payload) => view(payload).setFloat32(0, NaN, true));

/** The frame in bytes that were sent. */
export function frameIn(bytes: Uint8Array): Frame {
  const frame = readFrame(bytes);
  if (typeof frame === 'string') throw new Error(`What was sent is ${frame}.`);
  return frame;
}
