/**
 * The order in which training examples are seen. The permutation of an epoch is a function of the seed and the epoch
 * alone, so a cursor of two numbers is enough to go on exactly where a run stopped.
 */
import { randomStream, shuffle } from '../base/random';

/** Where a sampler stands: the next batch is batch `batch` of epoch `epoch`, both from 0. Plain data. */
export interface SamplerCursor {
  epoch: number;
  batch: number;
}

/** The training examples in the order of `epoch`. */
export function epochOrder(indices: Uint32Array, seed: number, epoch: number): Uint32Array {
  return shuffle(indices.slice(), randomStream(seed, 'shuffle', epoch));
}

/** Deals shuffled batches, epoch after epoch, without end. The last batch of an epoch may be short; none is dropped. */
export class BatchSampler {
  readonly batchesPerEpoch: number;
  private readonly indices: Uint32Array;
  private readonly batchSize: number;
  private readonly seed: number;
  private position: SamplerCursor;
  private order: { epoch: number; indices: Uint32Array } | null = null;

  /** `indices` must not be empty; `batchSize` is at least 1. */
  constructor(indices: Uint32Array, batchSize: number, seed: number, cursor: SamplerCursor = { epoch: 0, batch: 0 }) {
    this.indices = indices;
    this.batchSize = batchSize;
    this.seed = seed;
    this.position = { ...cursor };
    this.batchesPerEpoch = Math.ceil(indices.length / batchSize);
  }

  /** Where the next batch is taken; at the end of an epoch, batch 0 of the one after it. */
  get cursor(): SamplerCursor {
    return { ...this.position };
  }

  /** Indices of the next batch, `min(batchSize, what the epoch has left)` of them. */
  next(): Uint32Array {
    const { epoch, batch } = this.position;
    if (this.order?.epoch !== epoch) this.order = { epoch, indices: epochOrder(this.indices, this.seed, epoch) };
    const taken = this.order.indices.slice(batch * this.batchSize, (batch + 1) * this.batchSize);
    this.position = batch + 1 < this.batchesPerEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };
    return taken;
  }
}
