import { expect, test } from 'vitest';
import { tf } from '../../../../src/engine/tf';
import { batchOf, mlp, setUp } from './models';

/** Steps that may be under way at once, as in the training loop. */
const IN_FLIGHT = 2;

test('5,000 steps, some of them with a short batch, hold no more tensors, buffers and bytes than the first few', async () => {
  const trainee = mlp({ hidden: [8], dropout: 0.2 }, 6);
  const { backend, step, dispose } = await setUp(trainee, {
    accumulation: 2,
    options: { ema: 0.99, clip: 1, l2: 1e-3 },
  });
  try {
    const held = (): object => {
      const { total, peak, buffers, pooled } = backend.webgpu!.memoryReport();
      return { tensors: tf.memory().numTensors, dataBuffers: tf.memory().numDataBuffers, total, peak, buffers, pooled };
    };
    const flights: Promise<unknown>[] = [];
    let early: object | null = null;
    for (let index = 0; index < 5_000; index++) {
      // Every fifth step has a second batch, every seventh a short one.
      const sizes = [index % 7 === 0 ? 3 : trainee.batch, ...(index % 5 === 0 ? [trainee.batch] : [])];
      const batches = sizes.map((size, i) => batchOf(trainee, index + i, size));
      flights.push(step.run(batches, index + 1, 2 * index, 1e-3));
      if (flights.length > IN_FLIGHT) await flights.shift();
      if (index === 99) {
        await Promise.all(flights);
        early = held();
      }
    }
    await Promise.all(flights);
    expect(held()).toEqual(early);
  } finally {
    dispose();
  }
});
