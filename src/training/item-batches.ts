/** The examples of each item of an update: a function of the seed, the update's index and the config alone. */
import type { ResolvedConfig } from '../config/schema';
import type { PreparedData } from '../data/contract';
import { epochOrder } from '../data/sampler';
import type { RunLength } from './schedules/schedule';
import { examplesOfUpdate } from './step-batches';

/**
 * Deals the examples of updates into items. An item is a micro-batch; where peers take steps by themselves between two
 * averages, it is the batches of those steps, for each of `world_size` workers.
 */
export class ItemBatches {
  readonly #train: Uint32Array;
  readonly #seed: number;
  readonly #perEpoch: number;
  readonly #examples: number;
  /** Examples of a whole item, and of its batches. */
  readonly #item: number;
  readonly #batch: number;
  #order: { epoch: number; indices: Uint32Array } | null = null;

  constructor({ splits }: PreparedData, config: ResolvedConfig, { perEpoch }: RunLength) {
    const { distributed, batch_size } = config.training;
    this.#train = splits.train;
    this.#seed = config.reproducibility.seed;
    this.#perEpoch = perEpoch;
    this.#examples = examplesOfUpdate(config);
    const local = distributed.local_steps !== null;
    this.#item = Math.ceil(this.#examples / (local ? distributed.world_size : distributed.micro_batches));
    this.#batch = local ? batch_size : this.#item;
  }

  /**
   * Examples of the batches of each item of the update with index `index` (from 0). All are of the same size but the last
   * ones of an epoch, and none is empty: the last update of an epoch may have fewer items.
   */
  of(index: number): Uint32Array[][] {
    const epoch = Math.floor(index / this.#perEpoch);
    if (this.#order?.epoch !== epoch) this.#order = { epoch, indices: epochOrder(this.#train, this.#seed, epoch) };
    const start = (index % this.#perEpoch) * this.#examples;
    const indices = this.#order.indices.slice(start, start + this.#examples);
    return pieces(indices, this.#item).map((item) => pieces(item, this.#batch));
  }
}

function pieces(indices: Uint32Array, size: number): Uint32Array[] {
  return Array.from({ length: Math.ceil(indices.length / size) }, (_, i) => indices.slice(i * size, (i + 1) * size));
}
