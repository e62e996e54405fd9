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

  /** Where variables `from` up to `to` (exclusive) lie, gaps between them included. */
  span(from: number, to: number): { offset: number; size: number } {
    if (from >= to) return { offset: 0, size: 0 };
    const offset = this.offsets[from];
    return { offset, size: this.offsets[to - 1] + this.variables[to - 1].size - offset };
  }

  /** Without the gaps. */
  pack(padded: Float32Array): Float32Array<ArrayBuffer> {
    return this.packSpan(padded, 0, this.variables.length);
  }

  /** The numbers of a span without the gaps. */
  packSpan(padded: Float32Array, from: number, to: number): Float32Array<ArrayBuffer> {
    const variables = this.variables.slice(from, to);
    const { offset } = this.span(from, to);
    const dense = new Float32Array(variables.reduce((sum, { size }) => sum + size, 0));
    let at = 0;
    variables.forEach(({ size }, i) => {
      const start = this.offsets[from + i] - offset;
      dense.set(padded.subarray(start, start + size), at);
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
