/** Where variables lie in an arena: each at a multiple of 64 numbers, so that it can be bound by itself. */
import type { tf } from '../tf';

/** Numbers of a block: 256 bytes, the alignment of a binding. */
export const BLOCK = 64;

/** Places of variables that follow one another. */
export class Layout {
  readonly variables: tf.Variable[];
  /** First number of each variable. */
  readonly offsets: number[];
  /** Numbers of the variables alone. */
  readonly dense: number;
  /** Numbers with the gaps. */
  readonly padded: number;

  constructor(variables: tf.Variable[]) {
    this.variables = variables;
    let end = 0;
    this.offsets = variables.map(({ size }) => {
      const offset = end;
      end += Math.ceil(size / BLOCK) * BLOCK;
      return offset;
    });
    this.padded = Math.max(BLOCK, end);
    this.dense = variables.reduce((sum, { size }) => sum + size, 0);
  }

  /** Without the gaps. */
  pack(padded: Float32Array): Float32Array<ArrayBuffer> {
    const dense = new Float32Array(this.dense);
    let at = 0;
    this.variables.forEach(({ size }, i) => {
      dense.set(padded.subarray(this.offsets[i], this.offsets[i] + size), at);
      at += size;
    });
    return dense;
  }

  /** With gaps of zeros. */
  unpack(dense: Float32Array): Float32Array<ArrayBuffer> {
    const padded = new Float32Array(this.padded);
    let at = 0;
    this.variables.forEach(({ size }, i) => {
      padded.set(dense.subarray(at, at + size), this.offsets[i]);
      at += size;
    });
    return padded;
  }

  /** For each block 1 where weights of it are penalised: those of variables with two or more axes. */
  penalised(): Float32Array<ArrayBuffer> {
    const flags = new Float32Array(this.padded / BLOCK);
    this.variables.forEach(({ rank, size }, i) => {
      if (rank > 1) flags.fill(1, this.offsets[i] / BLOCK, Math.ceil((this.offsets[i] + size) / BLOCK));
    });
    return flags;
  }
}
