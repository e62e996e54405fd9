import { beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../../src/base/random';
import { tf } from '../../../src/engine/tf';
import { value } from '../../../src/engine/ops/value';
import {
  crossEntropyLoss,
  huberDelta,
  huberLoss,
  meanSquaredErrorLoss,
  type TaskLoss,
} from '../../../src/training/losses';
import { parseConfig } from '../../../src/config/parse';
import { ClassificationMetrics } from '../../../src/training/metrics/classification';
import { RegressionMetrics } from '../../../src/training/metrics/regression';

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

/** Gradient of a loss at `outputs`, and the sum of its rows. */
function gradientOf(loss: TaskLoss, targets: Int32Array | Float32Array, x: tf.Tensor, share = 1) {
  const inputs = loss
    .inputs({ n: x.shape[0], inputs: new Float32Array(0), targets }, share)
    .map(({ values, shape }) => tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32'));
  const gradient = tf
    .grad((input) => loss.of(value(input), inputs).anchor)(x)
    .dataSync<'float32'>();
  return { gradient, loss: tf.sum(loss.of(value(x), inputs).rows).dataSync()[0] };
}

test.each([null, Float64Array.of(1, 4, 0.5, 2, 1)])('cross-entropy with weights %s', (weights) => {
  const targets = Int32Array.of(4, 0, -1, 2, 1, 1, 3);
  const logits = outputs(7, 5);
  const reference = (values: Float32Array): number =>
    0.25 * new ClassificationMetrics(['a', 'b', 'c', 'd', 'e'], weights).add(values, targets);
  const { gradient, loss } = gradientOf(crossEntropyLoss(weights), targets, tf.tensor2d(logits, [7, 5]), 0.25);
  expect(loss).toBeCloseTo(reference(logits), 5);
  differences(reference, logits).forEach((slope, i) => expect(gradient[i]).toBeCloseTo(slope, 3));
  expect([...gradient.slice(10, 15)].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
});

test('a batch without any label has gradient 0', () => {
  const { gradient } = gradientOf(crossEntropyLoss(null), Int32Array.of(-1, -1), tf.tensor2d(outputs(2, 3), [2, 3]));
  expect([...gradient].every((slope) => slope === 0)).toBe(true);
});

test('mean squared error over what is labelled', () => {
  const targets = Float32Array.of(1, 2, NaN, 0, -1, 1);
  const values = outputs(3, 2);
  const reference = (predicted: Float32Array): number =>
    [...predicted].reduce((sum, given, i) => sum + (Number.isNaN(targets[i]) ? 0 : (given - targets[i]) ** 2), 0) / 5;
  const { gradient, loss } = gradientOf(meanSquaredErrorLoss(2), targets, tf.tensor2d(values, [3, 2]));
  expect(loss).toBeCloseTo(reference(values), 5);
  differences(reference, values).forEach((slope, i) => expect(gradient[i]).toBeCloseTo(slope, 3));
});

test.each([0.5, 2])('Huber’s loss with delta %d over what is labelled', (delta) => {
  const targets = Float32Array.of(1, 2, NaN, 0, -1, 1, 3, -4);
  const values = outputs(4, 2);
  const reference = (predicted: Float32Array): number =>
    0.5 * new RegressionMetrics([1, 1], delta).add(predicted, targets);
  const { gradient, loss } = gradientOf(huberLoss(2, delta), targets, tf.tensor2d(values, [4, 2]), 0.5);
  expect(loss).toBeCloseTo(reference(values), 5);
  differences(reference, values).forEach((slope, i) => expect(gradient[i]).toBeCloseTo(slope, 2));
});

test('the config chooses the loss, and one for numbers is refused where classes are predicted', () => {
  const training = (settings: object) => parseConfig({ training: settings }).training;
  expect(huberDelta(training({}), 'regression')).toBeNull();
  expect(huberDelta(training({ loss: 'mse' }), 'regression')).toBeNull();
  expect(huberDelta(training({ loss: 'huber', huber_delta: 0.3 }), 'regression')).toBe(0.3);
  expect(huberDelta(training({}), 'classification')).toBeNull();
  for (const loss of ['mse', 'huber']) {
    expect(() => huberDelta(training({ loss }), 'classification')).toThrow(/^training\.loss is .* Set it to auto/);
  }
});
