/** What a trainer computes of one item of an update that a group makes. */
import type { Batch } from '../data/contract';
import type { LossScaleSettings } from '../engine/arena/arena';
import type { Storage } from '../engine/kernel';
import type { BucketSink } from './collective';

/** Weights as a group gives them. */
export interface GivenWeights {
  weights: Float32Array;
  /** Weights that are not trained, but moved by forward passes. */
  statistics: Float32Array;
  lossScale: number;
}

/** Computes items of one model. */
export interface ItemStep {
  /** Parts `[start, end)` of an item's vector, in the order in which they become known. */
  readonly buckets: [start: number, end: number][];
  /** Numbers of the statistics. */
  readonly statistics: number;
  readonly storage: Storage;
  /** Where the group scales the loss. */
  readonly lossScale: LossScaleSettings | null;
  /** Sets what items are computed with. No item may be under way. */
  give(given: GivenWeights): void;
  /**
   * Computes an item of `batches`, which are `share` of their update; each is taken when it is needed.
   * @param pass Number of the first forward pass, which dropout goes by.
   * @param rate Learning rate of the update.
   * @param sink Takes every bucket once.
   * @returns The model's outputs for each batch, `[rows, outputs]`.
   */
  compute(
    item: number,
    batches: Iterable<Batch | Promise<Batch>>,
    share: number,
    pass: number,
    rate: number,
    sink: BucketSink,
  ): Promise<Float32Array[]>;
  dispose(): void;
}
