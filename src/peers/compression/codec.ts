/** How gradients are written on the way: what every compression offers. */

/** The compression of a view. `rank`: of PowerSGD. */
export type CodecConfig = { name: 'float32' | 'float16' | 'int8' } | { name: 'powersgd'; rank: number };

/** Numbers to bytes and back, one part of a vector at a time. Both directions give the same bits on every machine. */
export interface NumberFormat {
  /** Numbers of this size and above are taken for not finite. */
  readonly limit: number;
  /** The bytes are the numbers themselves, as they lie in memory. */
  readonly plain: boolean;
  /** Bytes that `length` numbers take. */
  bytes(length: number): number;
  /** Writes `values`, all below the limit, to `into`: `bytes(values.length)` bytes at a multiple of four. */
  encode(values: Float32Array, into: Uint8Array): void;
  /**
   * Reads the numbers of `bytes`, which start at a multiple of four and are as many as `into` wants. They may be infinite or
   * NaN where the bytes are bad: the caller tests.
   */
  decode(bytes: Uint8Array, into: Float32Array): void;
}

/** A vector that is summed over the members by itself: a bucket, or what a compression makes of one. */
export interface Stream {
  readonly format: NumberFormat;
  /** Where its sum goes; its length is the stream's. */
  readonly target: Float32Array;
  /**
   * Of error feedback: at a member, what is contributed is this array, which holds own numbers and what earlier steps left
   * over; afterwards it holds what this step leaves over. Null: without memory.
   */
  readonly residual: Float32Array | null;
}

/** Contributes to a stream; null: the numbers are not finite. The array is not written to afterwards by the caller. */
export type Contribute = (stream: number, node: number, values: Float32Array | null) => void;

/** One exchange as its compression sees it. */
export interface Scheme {
  readonly streams: readonly Stream[];
  /** All roots of own items in a bucket are there, by node in the order of items. Compressions that are `exact` are told of each alone. */
  add(bucket: number, roots: ReadonlyMap<number, Float32Array>, contribute: Contribute): void;
  /** The sum of a stream is there. Returns the buckets of the vector that are complete by that. */
  finished(stream: number, finite: boolean, contribute: Contribute): number[];
  /** All is there: what is remembered of this transaction counts, if it was finite. */
  end(finite: boolean): void;
}
