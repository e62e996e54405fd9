/** The data of each update: a function of the seed and the update's index. */
import type { ResolvedConfig } from '../config/schema';
import type { Batch, PreparedData } from '../data/contract';
import { epochOrder } from '../data/sampler';
import type { RunLength } from './schedules/schedule';

/** Examples of a whole update. */
export function examplesOfUpdate({ training }: ResolvedConfig): number {
  const { enabled, local_steps, world_size } = training.distributed;
  const each = training.batch_size * training.gradient_accumulation;
  return enabled && local_steps !== null ? each * local_steps * world_size : each;
}

/** Length of a run over `examples` training examples, in updates. */
export function runLength(config: ResolvedConfig, examples: number): RunLength {
  const perEpoch = Math.ceil(examples / examplesOfUpdate(config));
  const total = perEpoch * config.training.epochs;
  return { perEpoch, total: Math.min(total, config.training.max_steps ?? total) };
}

/** Deals the batches of updates. The last update of an epoch may have fewer or smaller ones; no example is dropped. */
export class StepBatches {
  readonly #data: PreparedData;
  readonly #config: ResolvedConfig;
  readonly #length: RunLength;
  #order: { epoch: number; indices: Uint32Array } | null = null;

  constructor(data: PreparedData, config: ResolvedConfig, length: RunLength) {
    this.#data = data;
    this.#config = config;
    this.#length = length;
  }

  /** The batches, one for each accumulated gradient, of the update with index `index` (from 0). */
  load(index: number): Promise<Batch[]> {
    const { batch_size, gradient_accumulation } = this.#config.training;
    const epoch = Math.floor(index / this.#length.perEpoch);
    if (this.#order?.epoch !== epoch) {
      const { seed } = this.#config.reproducibility;
      this.#order = { epoch, indices: epochOrder(this.#data.splits.train, seed, epoch) };
    }
    const examples = batch_size * gradient_accumulation;
    const start = (index % this.#length.perEpoch) * examples;
    const indices = this.#order.indices.subarray(start, start + examples);
    const parts = Array.from({ length: Math.ceil(indices.length / batch_size) }, (_, i) =>
      indices.slice(i * batch_size, (i + 1) * batch_size),
    );
    return Promise.all(parts.map(async (part) => this.#data.batch(part)));
  }
}
