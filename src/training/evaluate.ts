/** Evaluation of a model over examples: forward only, read back behind the queue. */
import type { ExampleSource } from '../data/contract';
import type { Inference } from '../models/inference';
import type { MetricAccumulator } from './metrics/accumulator';
import { ItemLoader } from './item-loader';
import { yieldToMessages } from './yield';

/** Batches whose results may be outstanding. */
const IN_FLIGHT = 2;

/**
 * Adds the examples `indices` to `metrics`, in order.
 * @returns False when `interrupted` said so in between; the metrics are then incomplete.
 */
export async function evaluate(
  inference: Inference,
  source: ExampleSource,
  indices: Uint32Array,
  batchSize: number,
  metrics: MetricAccumulator,
  interrupted: () => boolean = () => false,
): Promise<boolean> {
  const pending: Promise<void>[] = [];
  const batches = Array.from({ length: Math.ceil(indices.length / batchSize) }, (_, i) =>
    indices.subarray(i * batchSize, (i + 1) * batchSize),
  );
  try {
    for (const loading of new ItemLoader(source).load('', batches, new AbortController().signal)) {
      if (interrupted()) return false;
      const batch = await loading;
      const read = inference.outputs(batch.inputs, batch.n);
      const before = pending.at(-1);
      // Results are added in order, whatever order they come in: sums in float64 depend on it.
      pending.push(
        (async () => {
          const values = await read;
          await before;
          metrics.add(values, batch.targets);
        })(),
      );
      if (pending.length > IN_FLIGHT) await pending.shift();
      await yieldToMessages();
    }
    return true;
  } finally {
    await Promise.all(pending);
  }
}
