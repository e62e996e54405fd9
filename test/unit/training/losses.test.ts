import { beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../../src/base/random';
import { tf } from '../../../src/engine/tf';
import { crossEntropy, l2Penalty, meanSquaredError } from '../../../src/training/losses';
import { ClassificationMetrics } from '../../../src/training/metrics/classification';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const random = randomStream(2, 'losses');
const outputs = (rows: number, columns: number): Float32Array =>
  Float32Array.from({ length: rows * columns }, () => 2 * random.normal());

/** Gradient of `loss` by central differences. */
function differences(loss: (values: Float32Array) => number, at: Float32Array): number[] {
  return [...at].map((_, i) => {
    const [up, down] = [at.slice(), at.slice()];
    up[i] += 1e-2;
    down[i] -= 1e-2;
    return (loss(up) - loss(down)) / (up[i] - down[i]);
  });
}

test.each([null, Float64Array.of(1, 4, 0.5, 2, 1)])('cross-entropy with weights %s: the gradient', (weights) => {
  const targets = Int32Array.of(4, 0, -1, 2, 1, 1, 3);
  const logits = outputs(7, 5);
  const loss = crossEntropy(targets, 5, weights, 0.25);
  const reference = (values: Float32Array): number =>
    0.25 * new ClassificationMetrics(['a', 'b', 'c', 'd', 'e'], weights).add(values, targets);
  const x = tf.tensor2d(logits, [7, 5]);
  const gradient = tf
    .grad((input) => loss.attach(input as tf.Tensor2D))(x)
    .dataSync();
  differences(reference, logits).forEach((value, i) => expect(gradient[i]).toBeCloseTo(value, 3));
  expect([...gradient.slice(10, 15)].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
});

test('a batch without any label has gradient 0', () => {
  const loss = crossEntropy(Int32Array.of(-1, -1), 3, null);
  const x = tf.tensor2d(outputs(2, 3), [2, 3]);
  expect(
    [
      ...tf
        .grad((input) => loss.attach(input as tf.Tensor2D))(x)
        .dataSync(),
    ].every((value) => value === 0),
  ).toBe(true);
});

test('mean squared error over what is labelled', () => {
  const targets = Float32Array.of(1, 2, NaN, 0, -1, 1);
  const values = outputs(3, 2);
  const reference = (predicted: Float32Array): number =>
    [...predicted].reduce((sum, value, i) => sum + (Number.isNaN(targets[i]) ? 0 : (value - targets[i]) ** 2), 0) / 5;
  const loss = meanSquaredError(targets, 2);
  const x = tf.tensor2d(values, [3, 2]);
  const gradient = tf
    .grad((input) => loss.attach(input as tf.Tensor2D))(x)
    .dataSync();
  differences(reference, values).forEach((value, i) => expect(gradient[i]).toBeCloseTo(value, 3));
});

test('the L2 penalty is on kernels alone', () => {
  const penalty = l2Penalty([tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([100])], 0.5);
  expect(penalty.dataSync()[0]).toBeCloseTo(15);
});

test('losses leave no tensors behind', () => {
  const before = tf.memory().numTensors;
  for (const loss of [crossEntropy(Int32Array.of(0, 1), 2, null), meanSquaredError(Float32Array.of(0, 1), 1)]) {
    loss.dispose();
  }
  expect(tf.memory().numTensors).toBe(before);
});
