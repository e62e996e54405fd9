import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import type { Storage } from '../../../../src/engine/kernel';
import { attention } from '../../../../src/engine/ops/attention';
import { depthwiseConv2d } from '../../../../src/engine/ops/depthwise-conv2d';
import { embedding } from '../../../../src/engine/ops/embedding';
import { groupNormalization } from '../../../../src/engine/ops/group-normalization';
import { layerNormalization } from '../../../../src/engine/ops/layer-normalization';
import { averagePool2d, globalAveragePool2d, maxPool2d } from '../../../../src/engine/ops/pool2d';
import { rmsNormalization } from '../../../../src/engine/ops/rms-normalization';
import { value } from '../../../../src/engine/ops/value';
import { tf } from '../../../../src/engine/tf';
import { computeOn, numbers, type Op } from '../ops/agreement';
import { attention as attended } from '../reference/attention';
import { convolution } from '../reference/conv2d';
import { embedding as embedded } from '../reference/embedding';
import { channelGroups, lastAxis, normalization } from '../reference/normalization';
import { pooling } from '../reference/pooling';
import { expectDifferences, type Reference } from '../reference/reference';
import { expectWithin } from '../reference/terms';

/** Layers and their gradients against float64, at tiny, prime, large and unequal sides drawn from a seed. */

let backend: Backend;
let error: string | null = null;
beforeAll(async () => {
  backend = await startBackend(['webgpu']);
  void backend.failed.then(({ message }) => (error = message));
});
afterAll(() => backend.dispose());

interface Case {
  name: string;
  shapes: number[][];
  op: Op;
  reference: Reference;
}

const random = randomStream(13, 'layers');
const pick = (from: number, to: number): number => from + random.integer(to - from + 1);

function normalized(kind: 'layer' | 'rms', rows: number, width: number): Case {
  const centred = kind === 'layer';
  return {
    name: `${kind} normalisation of ${rows} rows of ${width}`,
    shapes: [[rows, width], [width], ...(centred ? [[width]] : [])],
    op: ([x, gamma, beta]) =>
      centred ? layerNormalization(value(x), gamma, beta, 1e-3) : rmsNormalization(value(x), gamma, 1e-3),
    reference: normalization(lastAxis(rows, width), 1e-3, centred),
  };
}

function grouped([batch, height, width, channels]: number[], groups: number): Case {
  return {
    name: `group normalisation of ${batch}×${height}×${width}×${channels} in ${groups}`,
    shapes: [[batch, height, width, channels], [channels], [channels]],
    op: ([x, gamma, beta]) => groupNormalization(value(x), gamma, beta, groups, 1e-3),
    reference: normalization(channelGroups(batch, height * width, channels, groups), 1e-3, true),
  };
}

function pooled(kind: 'max' | 'average' | 'global', shape: number[], size: number): Case {
  const [, height, width] = shape;
  return {
    name: `${kind} pool of ${shape.join('×')} by ${size}`,
    shapes: [shape],
    op: ([x]) =>
      kind === 'global' ? globalAveragePool2d(value(x)) : (kind === 'max' ? maxPool2d : averagePool2d)(value(x), size),
    reference: kind === 'global' ? pooling(shape, [height, width], 'average') : pooling(shape, [size, size], kind),
  };
}

function depthwise(
  [batch, height, width, channels]: number[],
  [filterHeight, filterWidth]: number[],
  stride: number,
  padding: 'same' | 'valid',
): Case {
  const sides = { batch, height, width, channels, filters: channels, filterHeight, filterWidth };
  return {
    name: `depthwise ${filterHeight}×${filterWidth} of ${batch}×${height}×${width}×${channels}, ${padding}, stride ${stride}`,
    shapes: [[batch, height, width, channels], [filterHeight, filterWidth, channels, 1], [channels]],
    op: ([x, filter, bias]) => depthwiseConv2d(value(x), filter, bias, { strides: stride, padding }),
    reference: (inputs, cotangent) =>
      convolution({ ...sides, stride, dilation: 1, groups: channels, padding }, inputs, cotangent),
  };
}

function attending(batch: number, time: number, heads: number, size: number, causal: boolean): Case {
  return {
    name: `attention, ${batch} × ${time}, ${heads} heads of ${size}, causal ${causal}`,
    shapes: [[batch, time, 3 * heads * size]],
    op: ([x]) => attention(value(x), heads, { causal }),
    reference: attended({ batch, time, heads, size, causal }),
  };
}

function embedding_(batch: number, time: number, vocabulary: number, width: number): Case {
  const ids = Array.from({ length: batch }, () => Array.from({ length: time }, () => random.integer(vocabulary)));
  return {
    name: `embedding of ${batch} × ${time} tokens of ${vocabulary}, width ${width}`,
    shapes: [
      [vocabulary, width],
      [time + 2, width],
    ],
    op: ([table, positions]) => embedding(tf.tensor2d(ids, [batch, time], 'int32'), table, positions),
    reference: embedded(ids, width),
  };
}

const cases: Case[] = [
  ...[
    [1, 1],
    [1, 2],
    [5, 1],
    [211, 3],
    [17, 101],
  ].flatMap(([rows, width]) => [normalized('layer', rows, width), normalized('rms', rows, width)]),
  grouped([1, 1, 1, 2], 1),
  grouped([2, 3, 5, 9], 3),
  grouped([3, 1, 7, 5], 5),
  pooled('max', [1, 1, 1, 1], 1),
  pooled('max', [2, 7, 11, 3], 2),
  pooled('max', [3, 13, 5, 2], 5),
  pooled('average', [2, 7, 11, 3], 3),
  pooled('average', [1, 2, 2, 67], 2),
  pooled('global', [3, 7, 5, 13], 1),
  pooled('global', [1, 1, 1, 1], 1),
  pooled('global', [2, 31, 29, 3], 1),
  depthwise([1, 1, 1, 1], [1, 1], 1, 'same'),
  depthwise([2, 7, 5, 13], [3, 5], 1, 'same'),
  depthwise([3, 11, 8, 2], [2, 3], 3, 'valid'),
  depthwise([5, 31, 29, 3], [7, 7], 2, 'same'),
  ...Array.from({ length: 3 }, () =>
    depthwise([pick(1, 3), pick(7, 13), pick(7, 13), pick(1, 9)], [pick(1, 7), pick(1, 7)], pick(1, 2), 'valid'),
  ),
  ...[true, false].flatMap((causal) => [
    attending(1, 1, 1, 1, causal),
    attending(2, 7, 3, 5, causal),
    attending(1, 37, 2, 8, causal),
  ]),
  embedding_(1, 1, 1, 1),
  embedding_(3, 7, 5, 9),
  embedding_(2, 61, 101, 4),
];

async function check({ shapes, op, reference }: Case, tolerance?: number, storage?: Storage): Promise<void> {
  const made = await computeOn(backend, shapes, op, storage);
  expect(error).toBeNull();
  const inputs = shapes.map((shape, i) => numbers(shape, `${i}`));
  const { y, gradients } = reference(inputs, (length) => numbers([length], 'cotangent'));
  expectWithin(made.output, y, tolerance);
  gradients.forEach((gradient, i) => expectWithin(made.gradients[i], gradient, tolerance));
  expect(await computeOn(backend, shapes, op, storage)).toEqual(made);
}

describe('a layer and its gradients are what float64 makes of them, twice the same', () => {
  test.each(cases)('$name', (each) => check(each));
});

describe('in packed halves', () => {
  test.each(cases.filter(({ name }) => /of 17 rows|in 3$|7×11×3|depthwise 3×5|2 × 7|3 × 7/.test(name)))(
    '$name',
    (each) => check(each, 2e-3, 'packed'),
  );
});

const size = (shapes: number[][]): number =>
  shapes.map((shape) => shape.reduce((product, side) => product * side, 1)).reduce((sum, count) => sum + count, 0);

describe('the gradients of the references are their differences', () => {
  test.each(cases.filter(({ shapes }) => size(shapes) < 400))('$name', ({ shapes, reference }) => {
    const inputs = shapes.map((shape, i) => numbers(shape, `${i}`));
    let length = 0;
    reference(inputs, (count) => new Float32Array((length = count)));
    expectDifferences(reference, inputs, numbers([length], 'cotangent'));
  });
});
