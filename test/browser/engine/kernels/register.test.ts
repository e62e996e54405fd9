import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { registerKernels } from '../../../../src/engine/kernels/register';
import { tf } from '../../../../src/engine/tf';

/** Our kernels against tfjs's CPU backend, on sizes that no tile divides. */

let gpu: Backend;
let error: string | null = null;

beforeAll(async () => {
  const cpu = await startBackend(['cpu']);
  expect(cpu.info.backend).toBe('cpu');
  gpu = await startBackend(['webgpu']);
  void gpu.failed.then(({ message }) => (error = message));
});
afterAll(() => gpu.dispose());

function random(shape: number[], key: number): tf.Tensor {
  const stream = randomStream(3, 'kernels', key);
  const length = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length }, () => stream.normal()),
    shape,
  );
}

async function on(backend: 'cpu' | 'webgpu', compute: () => tf.Tensor | tf.Tensor[]): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const outputs = tf.tidy(compute);
  return Promise.all([outputs].flat().map((tensor) => tensor.data<'float32'>()));
}

async function expectSame(compute: () => tf.Tensor | tf.Tensor[], tolerance = 2e-5): Promise<void> {
  const expected = await on('cpu', compute);
  const actual = await on('webgpu', compute);
  expect(error).toBeNull();
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
  actual.forEach((values, i) => {
    const scale = Math.max(1, ...expected[i].map(Math.abs));
    const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[i][at])), 0);
    expect(worst).toBeLessThan(tolerance * scale);
  });
  const again = await on('webgpu', compute);
  expect(again).toEqual(actual);
}

// Both sets: the one of software adapters, and what tfjs and we do on hardware.
describe.each([{ software: true }, { software: false }])('kernels registered with software: $software', (adapter) => {
  beforeAll(() => registerKernels(adapter));

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('matrix product, transposed %s %s', async (transposeA, transposeB) => {
    const shape = (rows: number, columns: number, transposed: boolean): number[] =>
      transposed ? [columns, rows] : [rows, columns];
    await expectSame(() =>
      tf.matMul(random(shape(37, 53, transposeA), 1), random(shape(53, 29, transposeB), 2), transposeA, transposeB),
    );
    await expectSame(() =>
      tf.matMul(
        random([3, ...shape(5, 7, transposeA)], 1),
        random([1, ...shape(7, 9, transposeB)], 2),
        transposeA,
        transposeB,
      ),
    );
  });

  test('a long inner dimension, where tfjs would add with atomics', async () => {
    await expectSame(() => tf.matMul(random([13, 3001], 1), random([3001, 11], 2)), 1e-4);
  });

  test.each(['linear', 'relu', 'elu', 'sigmoid', 'relu6'] as const)(
    'fused product with bias and %s',
    async (activation) => {
      await expectSame(() =>
        tf.fused.matMul({ a: random([9, 17], 1), b: random([17, 13], 2), bias: random([13], 3), activation }),
      );
    },
  );

  test.each([
    { image: [3, 9, 11, 2], filter: [3, 3, 2, 5], strides: 1, pad: 'same' as const },
    { image: [2, 10, 7, 3], filter: [5, 5, 3, 4], strides: 2, pad: 'same' as const },
    { image: [2, 10, 7, 3], filter: [3, 2, 3, 6], strides: 2, pad: 'valid' as const },
    { image: [2, 6, 5, 4], filter: [1, 1, 4, 7], strides: 1, pad: 'same' as const },
    { image: [4, 5, 5, 3], filter: [5, 5, 3, 2], strides: 1, pad: 'valid' as const },
  ])(
    'convolution $image $filter, strides $strides, $pad, and its gradients',
    async ({ image, filter, strides, pad }) => {
      await expectSame(() => {
        const [x, w] = [random(image, 1) as tf.Tensor4D, random(filter, 2) as tf.Tensor4D];
        const out = tf.conv2d(x, w, strides, pad);
        const grads = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
          tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad))),
        )([x, w]);
        const fused = tf.fused.conv2d({ x, filter: w, strides, pad, bias: random([filter[3]], 4), activation: 'relu' });
        return [out, fused, ...grads];
      }, 1e-4);
    },
  );

  test.each([
    { image: [2, 8, 6, 3], size: 2 },
    { image: [3, 7, 9, 5], size: 2 },
    { image: [1, 11, 10, 2], size: 3 },
  ])('max pooling $image by $size and its gradient', async ({ image, size }) => {
    await expectSame(() => {
      const pool = (x: tf.Tensor): tf.Tensor => tf.maxPool(x as tf.Tensor4D, size, size, 'valid');
      return [pool(random(image, 1)), tf.grad((x: tf.Tensor) => tf.sum(tf.square(pool(x))))(random(image, 1))];
    });
  });

  test.each([[[700, 5]], [[3, 41, 7, 8]], [[1, 1, 1, 1]], [[5000, 3]]])(
    'sums and means over leading axes of %s',
    async (shape) => {
      const axes = shape.slice(1).map((_, i) => i);
      await expectSame(() => [
        tf.sum(random(shape, 1), axes),
        tf.mean(random(shape, 1), axes, true),
        tf.sum(random(shape, 1), 0),
        tf.sum(random(shape, 1)),
        tf.mean(random(shape, 1), -1),
      ]);
    },
  );

  test.each([
    { shape: [17, 5, 13], axis: [1] },
    { shape: [3, 31, 7, 2], axis: [1, 2] },
    { shape: [5, 3, 41, 2], axis: [0, 2] },
    { shape: [2, 9001], axis: [1] },
    { shape: [70001], axis: [0] },
    { shape: [300, 7], axis: [-1] },
  ])('sums, means, products and extremes of $shape over $axis', async ({ shape, axis }) => {
    await expectSame(() => {
      const x = random(shape, 1);
      const small = tf.cast(tf.mul(x, 1000), 'int32');
      const truth = tf.greater(x, 2);
      return [
        tf.sum(x, axis),
        tf.mean(x, axis, true),
        tf.max(x, axis),
        tf.min(x, axis, true),
        tf.prod(tf.add(1, tf.mul(x, 1e-3)), axis),
        ...[tf.sum(small, axis), tf.max(small, axis), tf.min(small, axis), tf.mean(small, axis)],
        ...[tf.any(truth, axis), tf.all(tf.logicalNot(truth), axis), tf.sum(truth, axis)],
      ];
    }, 1e-4);
  });

  test('integers are added up to the last bit, and an extreme of NaN is NaN', async () => {
    await tf.setBackend('webgpu');
    const large = Int32Array.from({ length: 300 }, (_, i) => 2 ** 23 + (i % 2) - (i % 3) * 2 ** 22);
    const total = tf.sum(tf.tensor2d(large, [3, 100]), 0);
    expect(total.dtype).toBe('int32');
    expect([...(await total.data())]).toEqual(
      Array.from({ length: 100 }, (_, i) => large[i] + large[100 + i] + large[200 + i]),
    );
    expect(tf.any(tf.tensor1d([true, false])).dtype).toBe('bool');
    const x = tf.tensor2d([1, NaN, 3, 4, 5, 6, 7, 8, NaN], [3, 3]);
    const extremes = await Promise.all([tf.max(x, 0).data(), tf.min(x, 0).data()]);
    expect(extremes.map((values) => [...values])).toEqual([
      [7, NaN, NaN],
      [1, NaN, NaN],
    ]);
  });

  test.each([8, 7, 1])('adding a bias of %i channels', async (channels) => {
    await expectSame(() => tf.add(random([3, 5, 2, channels], 1), random([channels], 2)));
  });

  test.each([
    { shape: [37, 19], permutation: [1, 0] },
    { shape: [2, 3, 5, 7], permutation: [2, 0, 3, 1] },
    { shape: [5], permutation: [0] },
  ])('transposing integers of $shape by $permutation, to the last bit', async ({ shape, permutation }) => {
    const count = shape.reduce((product, side) => product * side, 1);
    // Neighbours above 2²⁴, which float32 cannot tell apart.
    const integers = () => Int32Array.from({ length: count }, (_, i) => 2 ** 24 + i);
    await expectSame(() => tf.transpose(tf.tensor(integers(), shape, 'int32'), permutation), 0.5 / 2 ** 25);
    await expectSame(() =>
      tf.transpose(
        tf.tensor(
          integers().map((i) => i % 2),
          shape,
          'bool',
        ),
        permutation,
      ),
    );
  });

  test('integers and truth values as numbers, where our kernels read them', async () => {
    await expectSame(() => {
      const whole = tf.cast(tf.mul(random([7, 5], 1), 100), 'int32');
      return [tf.matMul(tf.cast(whole, 'float32'), random([5, 3], 2)), tf.cast(tf.greater(whole, 0), 'float32')];
    });
  });

  test('the place of the largest and of the smallest number: a scalar for a vector, the first of equals', async () => {
    await tf.setBackend('webgpu');
    expect(tf.argMax(tf.tensor1d([1, 3, 2])).shape).toEqual([]);
    const ties = () => tf.tensor1d(Float32Array.from({ length: 200 }, (_, i) => (i % 70 === 65 ? 1 : 0)));
    await expectSame(() => [tf.argMax(ties()), tf.argMin(ties()), tf.argMax(random([5, 7, 3], 1), 1)]);
    await expectSame(() => tf.argMax(tf.cast(tf.mul(random([41, 5], 1), 100), 'int32'), 0));
  });

  test('adding more tensors than a kernel can bind', async () => {
    await expectSame(() => tf.addN(Array.from({ length: 45 }, (_, i) => random([3, 7], i))));
  });

  test('sums of rows by segment and by coordinates', async () => {
    await expectSame(() => {
      const stream = randomStream(3, 'segments');
      const ids = Int32Array.from({ length: 301 }, () => stream.integer(11));
      const segments = tf.tensor1d(ids, 'int32');
      const coordinates = tf.tensor2d(ids, [301, 1], 'int32');
      return [
        tf.unsortedSegmentSum(random([301, 5], 1), segments, 13),
        tf.unsortedSegmentSum(random([301], 2), segments, 11),
        tf.scatterND(coordinates, random([301, 2, 3], 3), [12, 2, 3]),
        tf.scatterND(tf.concat([coordinates, coordinates], 1), random([301], 4), [11, 11]),
      ];
    });
  });
});
