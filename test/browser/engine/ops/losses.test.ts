import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend } from '../../../../src/engine/backend';
import {
  gaussianNegativeLogLikelihood,
  huber,
  meanSquaredError,
  softmaxCrossEntropy,
} from '../../../../src/engine/ops/losses/registry';
import type { Loss } from '../../../../src/engine/ops/losses/loss';
import { value } from '../../../../src/engine/ops/value';
import { tf } from '../../../../src/engine/tf';

/** Losses and their gradients against plain float64, on WebGPU and of stock ops. */

type Numbers = Float64Array;

interface Case {
  name: string;
  rows: number;
  columns: number;
  /** Tensors that the loss is differentiated by. */
  inputs: number;
  of: (inputs: tf.Tensor[], targets: tf.Tensor, weights: tf.Tensor) => Loss;
  /** Loss of one row. */
  reference: (inputs: Numbers[], targets: Numbers, weights: Numbers) => number;
}

const sum = (length: number, term: (i: number) => number): number =>
  Array.from({ length }, (_, i) => term(i)).reduce((a, b) => a + b, 0);

const numeric: Omit<Case, 'rows' | 'columns'>[] = [
  {
    name: 'mean squared error',
    inputs: 1,
    of: ([x], targets, weights) => meanSquaredError(value(x), targets, weights),
    reference: ([x], y, w) => sum(y.length, (i) => w[i] * (x[i] - y[i]) ** 2),
  },
  {
    name: 'huber',
    inputs: 1,
    of: ([x], targets, weights) => huber(value(x), targets, weights, 0.7),
    reference: ([x], y, w) =>
      sum(y.length, (i) => {
        const e = Math.abs(x[i] - y[i]);
        return w[i] * (e <= 0.7 ? (e * e) / 2 : 0.7 * (e - 0.35));
      }),
  },
  {
    name: 'gaussian negative log-likelihood',
    inputs: 2,
    of: ([mean, s], targets, weights) => gaussianNegativeLogLikelihood(value(mean), value(s), targets, weights),
    reference: ([mean, s], y, w) => sum(y.length, (i) => (w[i] * (s[i] + (mean[i] - y[i]) ** 2 / Math.exp(s[i]))) / 2),
  },
];

const cases: Case[] = [
  ...numeric.flatMap((loss) => [
    { ...loss, rows: 37, columns: 3 },
    { ...loss, rows: 1, columns: 1 },
  ]),
  ...[
    [23, 7],
    [1, 2],
    [3, 331],
  ].map(([rows, columns]): Case => ({
    name: 'softmax cross-entropy',
    rows,
    columns,
    inputs: 1,
    of: ([x], targets, weights) => softmaxCrossEntropy(value(x), targets, weights),
    reference: ([z], [target], [w]) =>
      target < 0 ? 0 : w * (Math.log(sum(z.length, (i) => Math.exp(z[i]))) - z[target]),
  })),
];

describe.each(['cpu', 'webgpu'] as const)('on %s', (name) => {
  test.each(cases)('$name of $rows × $columns', async ({ rows, columns, inputs: count, of, reference, ...rest }) => {
    const random = randomStream(6, rest.name, rows, columns);
    const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
    const classes = rest.name === 'softmax cross-entropy';
    const values = Array.from({ length: count }, () => normals(rows * columns));
    const goals = classes
      ? Int32Array.from({ length: rows }, (_, i) => (i % 5 === 4 ? -1 : random.integer(columns)))
      : normals(rows * columns);
    const weights = Float32Array.from(goals, (_, i) => (i % 6 === 5 ? 0 : random.uniform()));
    const width = classes ? 1 : columns;

    const backend = await startBackend([name]);
    let found: Float32Array[];
    try {
      const shape = classes ? [rows] : [rows, columns];
      const targets = tf.tensor(goals, shape, classes ? 'int32' : 'float32');
      let made: tf.Tensor | null = null;
      const gradients = tf.grads((...inputs: tf.Tensor[]) => {
        const loss = of(inputs, targets, tf.tensor(weights, shape));
        made = tf.keep(loss.rows);
        return loss.anchor;
      })(values.map((numbers) => tf.tensor(numbers, [rows, columns])));
      const tensors = [made, ...gradients] as unknown as tf.Tensor[];
      found = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
    } finally {
      backend.dispose();
    }

    const [losses, ...gradients] = found;
    expect(losses.length).toBe(rows);
    for (let row = 0; row < rows; row++) {
      const slice = (numbers: Float32Array | Int32Array, side: number): Float64Array =>
        Float64Array.from(numbers.subarray(row * side, (row + 1) * side));
      const own = values.map((numbers) => slice(numbers, columns));
      const [y, w] = [slice(goals, width), slice(weights, width)];
      expect(losses[row]).toBeCloseTo(reference(own, y, w), 5);
      own.forEach((numbers, input) => {
        const step = 1e-5;
        const moved = (at: number, change: number): number =>
          reference(own.with(input, numbers.with(at, numbers[at] + change)), y, w);
        for (let at = 0; at < columns; at++) {
          const slope = (moved(at, step) - moved(at, -step)) / (2 * step);
          expect(gradients[input][row * columns + at]).toBeCloseTo(slope, 4);
        }
      });
    }
  });
});
