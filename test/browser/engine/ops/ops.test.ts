import { describe, expect, test } from 'vitest';
import { ACTIVATIONS } from '../../../../src/config/activations';
import { activate } from '../../../../src/engine/ops/activate';
import { add } from '../../../../src/engine/ops/add';
import { attention } from '../../../../src/engine/ops/attention';
import { conv2d } from '../../../../src/engine/ops/conv2d';
import { dense } from '../../../../src/engine/ops/dense';
import { depthwiseConv2d } from '../../../../src/engine/ops/depthwise-conv2d';
import { embedding } from '../../../../src/engine/ops/embedding';
import { averagePool2d, globalAveragePool2d, maxPool2d } from '../../../../src/engine/ops/pool2d';
import { reshape } from '../../../../src/engine/ops/reshape';
import { value, type Value } from '../../../../src/engine/ops/value';
import { tf } from '../../../../src/engine/tf';
import { shareDevice } from '../../share-device';
import { compute, distances, type Op } from './agreement';

shareDevice();

/** Name, shapes of the parameters, op. Sides are odd, prime and unequal, so that no index can be mistaken for another. */
type Case = [name: string, shapes: number[][], op: Op];

const input = (tensor: tf.Tensor): Value => value(tensor);
const dense3 = (activation: (typeof ACTIVATIONS)[number]): Case => [
  `dense layers with ${activation} between them`,
  [[7, 13], [13, 11], [11], [11, 5], [5]],
  ([x, k1, b1, k2, b2]) => dense(dense(input(x), k1, b1, { activation }), k2, b2),
];

const cases: Case[] = [
  ...ACTIVATIONS.map(dense3),
  ...ACTIVATIONS.map((name): Case => [`activation ${name}`, [[3, 17]], ([x]) => activate(input(x), name)]),
  ['dense, one example', [[1, 300], [300, 3], [3]], ([x, k, b]) => dense(input(x), k, b)],
  [
    'dense, many examples, narrow',
    [[701, 9], [9, 2], [2]],
    ([x, k, b]) => dense(input(x), k, b, { activation: 'relu' }),
  ],
  [
    'dense whose sides are multiples of the tile',
    [[16, 24], [24, 8], [8]],
    ([x, k, b]) => dense(activate(input(x), 'gelu'), k, b),
  ],
  [
    'dense over three axes without bias',
    [
      [2, 5, 6],
      [6, 7],
    ],
    ([x, k]) => dense(input(x), k, null),
  ],
  [
    'dense with layer scale and residual',
    [[19, 6], [6, 10], [10], [10], [19, 10]],
    ([x, k, b, scale, residual]) => dense(input(x), k, b, { scale, residual }),
  ],
  [
    'a residual block: the input is used twice',
    [[9, 6], [6, 6], [6]],
    ([x, k, b]) => dense(add(input(x), input(x)), k, b, { residual: x }),
  ],
  ...(['same', 'valid'] as const).flatMap((padding) =>
    [1, 2, 3].map((strides): Case => [
      `conv2d ${padding}, stride ${strides}`,
      [[2, 9, 7, 3], [3, 2, 3, 5], [5]],
      ([x, f, b]) => conv2d(activate(input(x), 'gelu'), f, b, { strides, padding, activation: 'relu' }),
    ]),
  ),
  [
    'conv2d of one channel',
    [[5, 11, 6, 1], [3, 3, 1, 16], [16]],
    ([x, f, b]) => conv2d(input(x), f, b, { strides: 1, padding: 'same' }),
  ],
  [
    'conv2d of patches',
    [[3, 8, 12, 3], [4, 4, 3, 9], [9]],
    ([x, f, b]) => conv2d(input(x), f, b, { strides: 4, padding: 'valid' }),
  ],
  [
    'two convolutions with pooling between them',
    [[3, 9, 10, 2], [3, 3, 2, 6], [6], [3, 3, 6, 4], [4]],
    ([x, f, b, g, c]) => {
      const first = conv2d(input(x), f, b, { strides: 1, padding: 'same', activation: 'relu' });
      return conv2d(maxPool2d(first, 2), g, c, { strides: 1, padding: 'same', activation: 'swish' });
    },
  ],
  ...(['same', 'valid'] as const).flatMap((padding) =>
    [1, 2].map((strides): Case => [
      `depthwise conv2d ${padding}, stride ${strides}`,
      [[2, 9, 11, 5], [5, 3, 5, 1], [5]],
      ([x, f, b]) => depthwiseConv2d(activate(input(x), 'tanh'), f, b, { strides, padding, activation: 'gelu' }),
    ]),
  ),
  [
    'depthwise 7×7 on less than its window',
    [[2, 3, 2, 4], [7, 7, 4, 1], [4]],
    ([x, f, b]) => depthwiseConv2d(input(x), f, b, { strides: 1, padding: 'same' }),
  ],
  ['max pool of 3 that leaves a border', [[2, 8, 7, 3]], ([x]) => maxPool2d(activate(input(x), 'relu'), 3)],
  ['average pool', [[2, 8, 7, 3]], ([x]) => averagePool2d(activate(input(x), 'swish'), 2)],
  ['global average pool', [[3, 5, 4, 7]], ([x]) => globalAveragePool2d(activate(input(x), 'relu'))],
  [
    'reshape behind an activation',
    [[2, 6], [3, 4], [4]],
    ([x, k, b]) => dense(reshape(activate(input(x), 'gelu'), [4, 3]), k, b),
  ],
  ...[true, false].map((causal): Case => [
    `attention, causal ${causal}`,
    [[2, 13, 3 * 15]],
    ([x]) => attention(input(x), 3, { causal }),
  ]),
  ['attention of one head and one position', [[3, 1, 3 * 8]], ([x]) => attention(input(x), 1, { causal: true })],
  [
    'embedding with positions',
    [
      [11, 6],
      [7, 6],
    ],
    ([table, positions]) =>
      embedding(
        tf.tensor2d(
          [
            [1, 4, 4, 10, 0],
            [4, 9, 1, 1, 10],
          ],
          [2, 5],
          'int32',
        ),
        table,
        positions,
      ),
  ],
];

describe('an op gives what its composite gives, and so do its gradients', () => {
  test.each(cases)('%s', async (_name, shapes, op) => {
    for (const distance of await distances(shapes, op)) expect(distance).toBeLessThan(2e-5);
  });
});

test.each(cases.filter(([name]) => /gelu between|conv2d of one channel|two conv/.test(name)))(
  '%s: the same bits twice',
  async (_name, shapes, op) => {
    expect(await compute('webgpu', shapes, op)).toEqual(await compute('webgpu', shapes, op));
  },
);

test.each(
  cases.filter(([name]) =>
    /gelu between|layer scale|relu$|depthwise conv2d same|two conv|causal true|max pool/.test(name),
  ),
)('%s, stored in packed halves', async (_name, shapes, op) => {
  for (const distance of await distances(shapes, op, 'packed')) expect(distance).toBeLessThan(1e-2);
});
