/** What a benchmark asks of an engine. */
import type { BenchBatch, Workload } from '../workloads';

/** A model under training. */
export interface Trainee {
  /** Queues one step; the promise gives the loss of its batch before the update. */
  step(batch: BenchBatch, index: number): Promise<number>;
}

/** An engine that can be measured. */
export interface Engine {
  prepare(workload: Workload): Promise<Trainee>;
}
