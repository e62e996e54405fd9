import { describe, expect, test } from 'vitest';
import { activate } from '../../../../src/engine/ops/activate';
import { batchNormalization } from '../../../../src/engine/ops/batch-normalization';
import { groupNormalization } from '../../../../src/engine/ops/group-normalization';
import { layerNormalization } from '../../../../src/engine/ops/layer-normalization';
import { rmsNormalization } from '../../../../src/engine/ops/rms-normalization';
import { value, type Value } from '../../../../src/engine/ops/value';
import { tf } from '../../../../src/engine/tf';
import { compute, distances, type Op } from './agreement';

/** Name, shapes of the parameters, op. Sides are odd, prime and unequal, so that no index can be mistaken for another. */
type Case = [name: string, shapes: number[][], op: Op];

const input = (tensor: tf.Tensor): Value => value(tensor);

const cases: Case[] = [
  [
    'layer normalisation',
    [[37, 13], [13], [13]],
    ([x, g, b]) => layerNormalization(activate(input(x), 'gelu'), g, b, 1e-5),
  ],
  ['layer normalisation of many rows', [[400, 3], [3], [3]], ([x, g, b]) => layerNormalization(input(x), g, b, 1e-3)],
  ['RMS normalisation', [[37, 13], [13]], ([x, g]) => rmsNormalization(activate(input(x), 'gelu'), g, 1e-5)],
  ['RMS normalisation of many rows', [[400, 3], [3]], ([x, g]) => rmsNormalization(input(x), g, 1e-3)],
  [
    'RMS normalisation of long rows',
    [[3, 4099], [4099]],
    ([x, g]) => rmsNormalization(activate(input(x), 'relu'), g, 1e-6),
  ],
  ...[1, 2, 3, 6].map((groups): Case => [
    `group normalisation in ${groups}`,
    [[3, 5, 7, 6], [6], [6]],
    ([x, g, b]) => groupNormalization(activate(input(x), 'swish'), g, b, groups, 1e-5),
  ]),
  [
    'group normalisation of many positions',
    [[2, 71, 59, 4], [4], [4]],
    ([x, g, b]) => groupNormalization(activate(input(x), 'relu'), g, b, 2, 1e-5),
  ],
  ['group normalisation of vectors', [[7, 10], [10], [10]], ([x, g, b]) => groupNormalization(input(x), g, b, 5, 1e-5)],
  [
    'batch normalisation in training',
    [[6, 4, 3, 5], [5], [5]],
    ([x, g, b]) => {
      const statistics = {
        mean: tf.variable(tf.zeros([5]), false),
        variable: null,
        variance: tf.variable(tf.ones([5]), false),
      };
      return batchNormalization(activate(input(x), 'relu'), g, b, statistics, {
        momentum: 0.9,
        epsilon: 1e-3,
        training: true,
      });
    },
  ],
];

describe('a normalisation gives what its composite gives, and so do its gradients', () => {
  test.each(cases)('%s', async (_name, shapes, op) => {
    for (const distance of await distances(shapes, op)) expect(distance).toBeLessThan(2e-5);
  });
});

const some = cases.filter(([name]) => /many|in 3/.test(name));

test.each(some)('%s: the same bits twice', async (_name, shapes, op) => {
  expect(await compute('webgpu', shapes, op)).toEqual(await compute('webgpu', shapes, op));
});

test.each(some)('%s, stored in packed halves', async (_name, shapes, op) => {
  for (const distance of await distances(shapes, op, 'packed')) expect(distance).toBeLessThan(1e-2);
});
