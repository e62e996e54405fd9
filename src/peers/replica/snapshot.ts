/**
 * The parameters of a group as bytes, cut into chunks: what a joining peer fetches from several others at once. Little
 * endian, as typed arrays are on everything that browsers run on.
 */
import { LatheError } from '../../base/errors';
import { sha256 } from '../../base/hash';
import type { CollectiveState } from '../../training/collective';

/** Bytes of a chunk; the last one may be shorter. */
export const CHUNK_BYTES = 262_144;

/** “LTHS” and the version of the layout: header, scaler (float64), weights, slots, average, statistics (float32). */
const MAGIC = 0x5348544c;
const VERSION = 1;
/** More than any optimizer has. */
const MOST_SLOTS = 64;
/** 32-bit numbers of the header; an even number of them keeps the scaler aligned. */
const HEADER = 8;

/** Numbers of each part, as the header has them. */
interface Counts {
  weights: number;
  slots: number;
  average: number;
  statistics: number;
  scaler: number;
}

const vectorBytes = ({ weights, slots, average, statistics }: Counts): number =>
  4 * (weights * (1 + slots + average) + statistics);
const totalBytes = (counts: Counts): number => 4 * HEADER + 8 * counts.scaler + vectorBytes(counts);

/**
 * A copy of the committed parameters. Peers with the same parameters make the same bytes, hence the same chunks, so that
 * one copy can be put together from chunks of several peers.
 */
export interface Frozen {
  /** Transaction after which it was taken; -1: before the first update. */
  readonly seq: number;
  /** Of the parameters: what `Replica.hash` is once they are loaded. */
  readonly hash: string;
  /** Of all chunks together. */
  readonly bytes: number;
  /** Number of chunks, at least 1. */
  readonly chunks: number;
  /** A chunk, from 0: a view that is not to be written to. @throws RangeError */
  chunk(index: number): Uint8Array;
  /** SHA-256 of every chunk, lower-case hex. Computed once. */
  sha256(): Promise<string[]>;
}

/** A frozen copy in one buffer. */
export class FrozenState implements Frozen {
  readonly seq: number;
  readonly hash: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #hashes: Promise<string[]> | null = null;

  /** Copies `state`. */
  constructor(state: CollectiveState, seq: number, hash: string) {
    const { weights, slots, average, statistics, scaler } = state;
    const counts: Counts = {
      weights: weights.length,
      slots: slots.length,
      average: average ? 1 : 0,
      statistics: statistics.length,
      scaler: scaler.length,
    };
    const buffer = new ArrayBuffer(totalBytes(counts));
    const { weights: length, slots: number } = counts;
    new Uint32Array(buffer, 0, HEADER).set([
      ...[MAGIC, VERSION, length, number, counts.average, counts.statistics, counts.scaler],
    ]);
    new Float64Array(buffer, 4 * HEADER, scaler.length).set(scaler);
    let at = 4 * HEADER + 8 * scaler.length;
    for (const vector of [weights, ...slots, ...(average ? [average] : []), statistics]) {
      new Float32Array(buffer, at, vector.length).set(vector);
      at += 4 * vector.length;
    }
    this.seq = seq;
    this.hash = hash;
    this.#bytes = new Uint8Array(buffer);
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  get chunks(): number {
    return Math.ceil(this.#bytes.length / CHUNK_BYTES);
  }

  chunk(index: number): Uint8Array<ArrayBuffer> {
    if (!Number.isInteger(index) || index < 0 || index >= this.chunks) {
      throw new RangeError(`There is no chunk ${index} of ${this.chunks}.`);
    }
    return this.#bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
  }

  sha256(): Promise<string[]> {
    this.#hashes ??= Promise.all(Array.from({ length: this.chunks }, (_chunk, index) => sha256(this.chunk(index))));
    return this.#hashes;
  }
}

/**
 * The parameters that the chunks of a `Frozen` hold, all of them in their order. The arrays are the caller's.
 * @throws LatheError where the chunks are not one such copy.
 */
export function fromChunks(chunks: readonly Uint8Array[]): CollectiveState {
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  const damaged = (problem: string): LatheError =>
    new LatheError('training', `The parameters that other peers sent cannot be read: ${problem}. Join again.`);
  if (size < 4 * HEADER) throw damaged(`${size} bytes are too few`);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const { buffer } = bytes;
  const [magic, version, weights, slots, average, statistics, scaler] = new Uint32Array(buffer, 0, HEADER);
  if (magic !== MAGIC) throw damaged('they begin with something else');
  if (version !== VERSION) throw damaged(`they are of version ${version}, and this page knows version ${VERSION}`);
  const counts: Counts = { weights, slots, average, statistics, scaler };
  if (average > 1 || slots > MOST_SLOTS || totalBytes(counts) !== size) {
    throw damaged(`${size} bytes came, and their header speaks of ${totalBytes(counts)}`);
  }
  let start = 4 * HEADER + 8 * scaler;
  const take = (length: number): Float32Array => {
    const vector = new Float32Array(buffer.slice(start, start + 4 * length));
    start += 4 * length;
    return vector;
  };
  return {
    weights: take(weights),
    slots: Array.from({ length: slots }, () => take(weights)),
    average: average === 1 ? take(weights) : null,
    statistics: take(statistics),
    scaler: [...new Float64Array(buffer, 4 * HEADER, scaler)],
  };
}
