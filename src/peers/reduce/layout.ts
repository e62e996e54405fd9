/** Where the numbers of a vector lie: buckets in the order in which they become known, and who owns which part of them. */
import { LatheError } from '../../base/errors';
import type { CollectiveSetup, CollectiveState } from '../../training/collective';

/** Boundaries of shards are multiples of this, from the start of the bucket: a block of the int8 format. */
export const BLOCK = 256;

/** A matrix of weights, row after row, within the vector. */
export interface Matrix {
  offset: number;
  rows: number;
  columns: number;
}

/** The vector that a group sums: gradients, and behind them statistics. */
export interface VectorShape {
  length: number;
  /** Numbers before the statistics: only they may be compressed. */
  gradients: number;
  /** Parts `[start, end)`, in the order in which they become known; together they are the vector. */
  buckets: readonly (readonly [number, number])[];
  matrices: readonly Matrix[];
}

/** The part of a bucket that one member owns, from the start of the bucket. May be empty. */
export interface Shard {
  start: number;
  end: number;
}

/**
 * The shape of what a trainer brings.
 * @throws LatheError where buckets do not make up the vector, or hold both gradients and statistics.
 */
export function vectorShape(
  setup: Pick<CollectiveSetup, 'buckets' | 'matrices'> & { state: Pick<CollectiveState, 'weights' | 'statistics'> },
): VectorShape {
  const gradients = setup.state.weights.length;
  const length = gradients + setup.state.statistics.length;
  const fault = (message: string): LatheError => new LatheError('internal', message);
  let at = 0;
  for (const [start, end] of [...setup.buckets].sort((a, b) => a[0] - b[0])) {
    if (start !== at || end <= start) throw fault(`The buckets of the vector leave a gap or overlap at ${at}.`);
    if (start < gradients && end > gradients) {
      throw fault(`The bucket ${start}–${end} holds gradients and statistics: cut it at ${gradients}.`);
    }
    at = end;
  }
  if (at !== length) throw fault(`The buckets end at ${at}, but the vector has ${length} numbers.`);
  at = 0;
  for (const { offset, rows, columns } of [...setup.matrices].sort((a, b) => a.offset - b.offset)) {
    if (offset < at || rows < 1 || columns < 1 || offset + rows * columns > gradients) {
      throw fault(`The matrix of ${rows} × ${columns} at ${offset} does not lie within the weights by itself.`);
    }
    at = offset + rows * columns;
  }
  return { length, gradients, buckets: setup.buckets, matrices: setup.matrices };
}

/**
 * Cuts each of several buckets into one shard a member, by rank: as even as blocks allow, the blocks that are left over
 * going round from bucket to bucket, so that many small buckets load all members alike.
 */
export function cutIntoShards(lengths: readonly number[], members: number): Shard[][] {
  let next = 0;
  return lengths.map((length) => {
    const blocks = Math.ceil(length / BLOCK);
    const each = Math.floor(blocks / members);
    const extra = blocks % members;
    let at = 0;
    const shards = Array.from({ length: members }, (_, rank) => {
      const start = at;
      at += each + ((rank - next + members) % members < extra ? 1 : 0);
      return { start: Math.min(length, start * BLOCK), end: Math.min(length, at * BLOCK) };
    });
    next = (next + extra) % members;
    return shards;
  });
}
