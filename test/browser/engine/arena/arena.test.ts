import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import { randomStream } from '../../../../src/base/random';
import type { Arena, ArenaOptions } from '../../../../src/engine/arena/arena';
import { BufferArena } from '../../../../src/engine/arena/buffer-arena';
import { TensorArena } from '../../../../src/engine/arena/tensor-arena';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { tf } from '../../../../src/engine/tf';
import { createOptimizer } from '../../../../src/training/optimizers/registry';

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

const plain: ArenaOptions = { l2: 0, ema: null, lossScale: null, accumulates: false };
const optimizerOf = (settings: object) =>
  createOptimizer(parseConfig({ training: { optimizer: settings } }).training.optimizer);

/** Both arenas over variables of their own. */
function arenas(settings: object, options: ArenaOptions) {
  const optimizer = optimizerOf(settings);
  const [own, reference] = [variables(), variables()];
  const buffers = new BufferArena(backend.webgpu!, own, optimizer, options);
  const tensors = new TensorArena(reference, optimizer, options);
  /** One update of both; `parts` are what passes give. */
  const step = async (index: number, parts: (() => tf.Tensor[])[], clip: number | null) => {
    const update = (arena: Arena) => {
      arena.prepare(optimizer.scalarsAt(index, 0.05), clip);
      parts.forEach((make, i) => {
        const made = make();
        arena.store(made, i === 0);
        tf.dispose(made);
      });
      arena.update();
      return arena.readResult();
    };
    return { ours: await update(buffers), theirs: await update(tensors) };
  };
  const agree = async () => {
    const [a, b] = await Promise.all([buffers.snapshot(), tensors.snapshot()]);
    const close = (ours: Float32Array, theirs: Float32Array): void => {
      expect(ours.length).toBe(theirs.length);
      ours.forEach((value, i) => expect(Math.abs(value - theirs[i])).toBeLessThan(2e-5));
    };
    close(a.weights, b.weights);
    a.slots.forEach((slot, i) => close(slot, b.slots[i]));
    if (a.average && b.average) close(a.average, b.average);
    expect(a.scaler).toEqual(b.scaler);
    return a;
  };
  const dispose = (): void => {
    buffers.dispose();
    tensors.dispose();
    tf.dispose([...own, ...reference]);
  };
  return { own, buffers, step, agree, dispose };
}

describe.each([
  { name: 'sgd', weight_decay: 0.01 },
  { name: 'sgd', momentum: 0.9 },
  { name: 'sgd', momentum: 0.9, nesterov: true, weight_decay: 0.01 },
  { name: 'adam' },
  { name: 'adamw', weight_decay: 0.1 },
  { name: 'lion' },
])('%j', (settings) => {
  test.each([null, 0.5])('the kernels do what the tfjs ops do over 50 steps, clipped to %s', async (clip) => {
    const { own, step, agree, dispose } = arenas(settings, { ...plain, l2: 0.01, ema: 0.9, accumulates: true });
    for (let index = 1; index <= 50; index++) {
      // Two passes a step, every third time.
      const parts = [() => gradients(index), ...(index % 3 === 0 ? [() => gradients(index + 100)] : [])];
      const { ours, theirs } = await step(index, parts, clip);
      expect(ours.norm).toBeCloseTo(theirs.norm, 4);
      expect(ours.finite).toBe(true);
    }
    const state = await agree();
    // The variables hold what the arena holds.
    const handed = await Promise.all(own.map((variable) => variable.data()));
    expect(handed.flatMap((values) => [...values])).toEqual([...state.weights]);
    dispose();
  });
});

test('a snapshot is of its point in the queue, whatever is queued behind it, and can be loaded', async () => {
  const { buffers, step, dispose } = arenas({ name: 'adamw' }, { ...plain, ema: 0.5 });
  await step(1, [() => gradients(1)], 1);
  const quiet = await buffers.snapshot();
  const [busy] = await Promise.all([buffers.snapshot(), step(2, [() => gradients(2)], 1)]);
  expect(busy).toEqual(quiet);
  expect((await buffers.snapshot()).weights).not.toEqual(quiet.weights);
  buffers.load(quiet);
  expect(await buffers.snapshot()).toEqual(quiet);
  dispose();
});

test('a gradient that is not finite changes nothing and is reported', async () => {
  const { buffers, step, agree, dispose } = arenas({ name: 'adam' }, { ...plain, ema: 0.9 });
  await step(1, [() => gradients(1)], 1);
  const before = await buffers.snapshot();
  for (const bad of [NaN, Infinity, -Infinity]) {
    const broken = (): tf.Tensor[] => gradients(2).map((gradient, i) => (i === 1 ? tf.mul(gradient, bad) : gradient));
    const { ours, theirs } = await step(2, [broken], 1);
    expect([ours.finite, theirs.finite]).toEqual([false, false]);
    expect(await buffers.snapshot()).toEqual(before);
  }
  await agree();
  dispose();
});

test('the loss scale grows after good steps, shrinks after a bad one, and does not change the update', async () => {
  const lossScale = { initial: 1024, growth: 2, backoff: 0.5, interval: 2 };
  const scaled = arenas({ name: 'adam' }, { ...plain, l2: 0.1, lossScale });
  const straight = arenas({ name: 'adam' }, { ...plain, l2: 0.1 });
  const scales: number[] = [];
  for (const index of [1, 2, 3, 4, 5]) {
    const { lossScale: scale } = index === 1 ? { lossScale: 1024 } : { lossScale: scales[scales.length - 1] };
    const factor = index === 1 ? 1024 : scale;
    const times = (by: number) => (): tf.Tensor[] =>
      tf.tidy(() => gradients(index).map((gradient) => tf.mul(gradient, by)));
    const { ours } = await scaled.step(index, [times(factor)], 1);
    const { ours: whole } = await straight.step(index, [() => gradients(index)], 1);
    expect(ours.lossScale).toBe(factor);
    expect(ours.norm).toBeCloseTo(whole.norm, 3);
    scales.push((await scaled.buffers.snapshot()).scaler[0]);
  }
  expect(scales).toEqual([1024, 2048, 2048, 4096, 4096]);
  const [a, b] = [await scaled.agree(), await straight.agree()];
  a.weights.forEach((value, i) => expect(Math.abs(value - b.weights[i])).toBeLessThan(1e-5));
  await scaled.step(6, [() => gradients(6).map((gradient) => tf.mul(gradient, Infinity))], 1);
  expect((await scaled.agree()).scaler).toEqual([2048, 0, 1]);
  scaled.dispose();
  straight.dispose();
});

test('the moving average can stand for the weights, and gives way again', async () => {
  const { own, buffers, step, dispose } = arenas({ name: 'sgd' }, { ...plain, ema: 0.75 });
  for (const index of [1, 2, 3]) await step(index, [() => gradients(index)], null);
  const { weights, average } = await buffers.snapshot();
  const read = async (): Promise<number[]> =>
    (await Promise.all(own.map((variable) => variable.data()))).flatMap((v) => [...v]);
  buffers.useAverage(true);
  expect(await read()).toEqual([...average!]);
  buffers.useAverage(false);
  expect(await read()).toEqual([...weights]);
  dispose();
});
