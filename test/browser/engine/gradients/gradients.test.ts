import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend } from '../../../../src/engine/backend';
import { tf } from '../../../../src/engine/tf';
import { shareDevice } from '../../share-device';

shareDevice();

/** Gradients that tfjs lacks, against central differences of the op itself. */

const sizeOf = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);

function normals(shape: number[], name: string): Float32Array {
  const random = randomStream(8, 'gradients', name);
  return Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
}

type Op = (inputs: tf.Tensor[]) => tf.Tensor;
type Case = [name: string, shapes: number[][], op: Op];

const image = (x: tf.Tensor): tf.Tensor4D => x.reshape(x.shape);
const coordinates = (): tf.Tensor2D => tf.tensor2d([2, 0, 0, 3, 2, 0, 1, 1], [4, 2], 'int32');

const cases: Case[] = [
  ...(
    [
      ['ij,jk->ik', [3, 4], [4, 5]],
      ['ij,kj->ki', [3, 4], [2, 4]],
      ['bij,bjk->bik', [2, 3, 4], [2, 4, 2]],
      ['i,j->ij', [3], [4]],
      ['ij,ij->', [3, 4], [3, 4]],
      ['ijk,jl->il', [2, 3, 4], [3, 5]],
      ['ij->ji', [3, 4]],
      ['ijk->j', [2, 3, 4]],
      ['ij->', [2, 3]],
    ] as [string, ...number[][]][]
  ).map(([equation, ...shapes]): Case => [`einsum ${equation}`, shapes, (inputs) => tf.einsum(equation, ...inputs)]),
  ['strided slice', [[7, 6, 3]], ([x]) => tf.stridedSlice(x, [1, 0, 0], [7, 6, 3], [2, 3, 1])],
  ['strided slice backwards', [[7, 6]], ([x]) => tf.stridedSlice(x, [6, -2], [0, 0], [-2, -3])],
  ['strided slice with masks', [[5, 6, 2]], ([x]) => tf.stridedSlice(x, [1, 1, 0], [0, 4, 1], [2, 2, 1], 4, 1)],
  ['strided slice of one row', [[5, 4]], ([x]) => tf.stridedSlice(x, [3, 0], [4, 4], [1, 1], 0, 0, 0, 0, 1)],
  ['gatherND', [[3, 4, 2]], ([x]) => tf.gatherND(x, coordinates())],
  ['scatterND', [[4, 2]], ([x]) => tf.scatterND(coordinates(), x, [3, 4, 2])],
  ['split into one', [[2, 3]], ([x]) => tf.split(x, 1, 1)[0]],
  ['split into three', [[2, 6]], ([x]) => tf.concat(tf.split(x, [1, 3, 2], 1).toReversed(), 1)],
  ['unstack of one', [[1, 3]], ([x]) => tf.unstack(x)[0]],
  ['topk', [[4, 7]], ([x]) => tf.topk(x, 3).values],
  ['gather of rows that come twice', [[5, 3]], ([x]) => tf.gather(x, tf.tensor1d([4, 0, 4, 4, 2], 'int32'))],
  ...(['same', 'valid'] as const).flatMap((pad): Case[] => [
    [
      `conv2d with dilation, ${pad}`,
      [
        [2, 9, 7, 2],
        [3, 2, 2, 3],
      ],
      ([x, filter]) => tf.conv2d(image(x), image(filter), 1, pad, 'NHWC', [2, 3]),
    ],
    [
      `depthwise conv2d with dilation, ${pad}`,
      [
        [2, 7, 8, 2],
        [2, 3, 2, 2],
      ],
      ([x, filter]) => tf.depthwiseConv2d(image(x), image(filter), 1, pad, 'NHWC', [3, 2]),
    ],
  ]),
  [
    'conv2d without dilation',
    [
      [2, 5, 4, 2],
      [3, 2, 2, 3],
    ],
    ([x, filter]) => tf.conv2d(image(x), image(filter), 2, 'same'),
  ],
  ...(['bilinear', 'nearest'] as const).map((method): Case => {
    const boxes = [0.1, 0.2, 0.83, 0.93, -0.2, 0.12, 0.7, 1.2, 0.9, 0.8, 0.15, 0.05];
    return [
      `cropAndResize, ${method}`,
      [[2, 5, 6, 2]],
      ([x]) =>
        tf.image.cropAndResize(image(x), tf.tensor2d(boxes, [3, 4]), tf.tensor1d([1, 0, 1], 'int32'), [3, 4], method),
    ];
  }),
];

/** `Σ op · cotangent`. */
function weighted(op: Op, inputs: tf.Tensor[]): tf.Scalar {
  const output = op(inputs);
  return tf.sum(tf.mul(output, tf.tensor(normals(output.shape, 'cotangent'), output.shape)));
}

const valuesOf = (shapes: number[][]): Float32Array[] => shapes.map((shape, i) => normals(shape, `${i}`));

/** Gradients in each number of each input, by the tape of a backend. */
async function taped(name: 'cpu' | 'webgpu', shapes: number[][], op: Op): Promise<Float32Array> {
  const backend = await startBackend([name]);
  try {
    let error: string | null = null;
    void backend.failed.then(({ message }) => (error = message));
    const gradients = tf.grads((...inputs: tf.Tensor[]) => weighted(op, inputs))(
      valuesOf(shapes).map((numbers, i) => tf.tensor(numbers, shapes[i])),
    );
    const numbers = await Promise.all(gradients.map((gradient) => gradient.data<'float32'>()));
    expect(error).toBeNull();
    return Float32Array.from(numbers.flatMap((gradient) => [...gradient]));
  } finally {
    backend.dispose();
  }
}

/** The same by central differences. Every op here is linear in each input (topk where nothing changes places). */
async function differences(shapes: number[][], op: Op): Promise<number[]> {
  const backend = await startBackend(['cpu']);
  const step = 2 ** -6;
  const values = valuesOf(shapes);
  const lossAt = (i: number, at: number, change: number): number =>
    tf.tidy(() => {
      const moved = values.map((numbers, j) => (i === j ? numbers.with(at, numbers[at] + change) : numbers));
      const inputs = moved.map((numbers, j) => tf.tensor(numbers, shapes[j]));
      return weighted(op, inputs).dataSync()[0];
    });
  try {
    return values.flatMap((numbers, i) =>
      Array.from(numbers, (_, at) => (lossAt(i, at, step) - lossAt(i, at, -step)) / (2 * step)),
    );
  } finally {
    backend.dispose();
  }
}

describe.each(['cpu', 'webgpu'] as const)('gradients on %s are the differences of the op', (name) => {
  test.each(cases)('%s', async (_name, shapes, op) => {
    const found = await taped(name, shapes, op);
    const expected = await differences(shapes, op);
    expect(found.length).toBe(expected.length);
    expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 3));
  });
});
