/** What a benchmark asks of an engine. */
import type { BenchBatch, ProductWorkload, TrainingWorkload } from '../workloads';

/** A model under training. */
export interface Trainee {
  /** Queues one step; the promise gives the loss of its batch before the update. */
  step(batch: BenchBatch, index: number): Promise<number>;
}

/** An engine that can be measured. */
export interface Engine {
  prepare(workload: TrainingWorkload): Promise<Trainee>;
  /** Multiplies the two factors; the promise gives the first number of the product. */
  prepareProduct(workload: ProductWorkload): Promise<() => Promise<number>>;
}
