import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { randomStream } from '../../../src/base/random';
import { BufferArena } from '../../../src/engine/arena-buffers';
import { TensorArena } from '../../../src/engine/arena-tensors';
import { startBackend, type Backend } from '../../../src/engine/backend';
import { tf } from '../../../src/engine/tf';
import { createOptimizer } from '../../../src/training/optimizers/registry';

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend(['webgpu']);
});
afterAll(() => backend.dispose());

const SHAPES = [[7, 13], [13], [3, 3, 1, 5], [1]];

function variables(): tf.Variable[] {
  const random = randomStream(4, 'weights');
  return SHAPES.map((shape) => {
    const length = shape.reduce((product, side) => product * side, 1);
    return tf.variable(
      tf.tensor(
        Float32Array.from({ length }, () => random.normal()),
        shape,
      ),
    );
  });
}

function gradients(step: number): tf.Tensor[] {
  const random = randomStream(4, 'gradients', step);
  return SHAPES.map((shape) => {
    const length = shape.reduce((product, side) => product * side, 1);
    return tf.tensor(
      Float32Array.from({ length }, () => random.normal()),
      shape,
    );
  });
}

describe.each([
  { name: 'sgd', weight_decay: 0.01 },
  { name: 'sgd', momentum: 0.9 },
  { name: 'sgd', momentum: 0.9, nesterov: true, weight_decay: 0.01 },
  { name: 'adam' },
  { name: 'adamw', weight_decay: 0.1 },
])('%j', (settings) => {
  test.each([null, 0.5])('one dispatch does what the tfjs ops do, clipped to %s', async (clip) => {
    const optimizer = createOptimizer(parseConfig({ training: { optimizer: settings } }).training.optimizer);
    const [own, reference] = [variables(), variables()];
    const buffers = new BufferArena(backend.webgpu!, own, optimizer);
    const tensors = new TensorArena(reference, optimizer);
    for (let step = 1; step <= 20; step++) {
      const scalars = optimizer.scalarsAt(step, 0.05);
      const norms = await Promise.all(
        [buffers, tensors].map((arena) => {
          // Two batches a step, every third time.
          for (let part = 0; part <= (step % 3 === 0 ? 1 : 0); part++) {
            const parts = gradients(step + 100 * part);
            arena.accumulate(parts);
            tf.dispose(parts);
          }
          return arena.apply(scalars, clip);
        }),
      );
      expect(norms[0]).toBeCloseTo(norms[1], 4);
    }
    const [a, b] = await Promise.all([buffers.snapshot(), tensors.snapshot()]);
    a.weights.forEach((value, i) => expect(value).toBeCloseTo(b.weights[i], 5));
    a.slots.forEach((slot, s) => slot.forEach((value, i) => expect(value).toBeCloseTo(b.slots[s][i], 5)));
    // The variables hold what the arena holds.
    const handed = await Promise.all(own.map((variable) => variable.data()));
    expect(handed.flatMap((values) => [...values])).toEqual([...a.weights]);
    buffers.dispose();
    tensors.dispose();
  });
});

test('a snapshot is of its point in the queue, whatever is queued behind it', async () => {
  const optimizer = createOptimizer(parseConfig({}).training.optimizer);
  const arena = new BufferArena(backend.webgpu!, variables(), optimizer);
  const step = (index: number): Promise<number> => {
    const parts = gradients(index);
    arena.accumulate(parts);
    tf.dispose(parts);
    return arena.apply(optimizer.scalarsAt(index, 0.1), 1);
  };
  await step(1);
  const quiet = await arena.snapshot();
  const [busy] = await Promise.all([arena.snapshot(), step(2), step(3)]);
  expect(busy).toEqual(quiet);
  expect((await arena.snapshot()).weights).not.toEqual(quiet.weights);

  const restored = new BufferArena(backend.webgpu!, variables(), optimizer);
  restored.loadSlots(quiet.slots);
  expect((await restored.snapshot()).slots).toEqual(quiet.slots);
});

test('a gradient that is not finite makes the weights say so', async () => {
  const optimizer = createOptimizer(parseConfig({}).training.optimizer);
  const variable = tf.variable(tf.tensor1d([1, 2]));
  const arena = new BufferArena(backend.webgpu!, [variable], optimizer);
  arena.accumulate([tf.tensor1d([NaN, 1])]);
  expect(await arena.apply(optimizer.scalarsAt(1, 0.1), 1)).toBeNaN();
  expect((await arena.snapshot()).weights[0]).toBeNaN();
});
