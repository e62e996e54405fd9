import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { conv2d } from '../../../../src/engine/ops/conv2d';
import { value } from '../../../../src/engine/ops/value';
import { shareDevice } from '../../share-device';
import { convolution, outputSide, type Convolution } from '../reference/conv2d';
import { expectWithin } from '../reference/terms';
import { compute, distances, numbers, type Op } from './agreement';

shareDevice();

/** Convolutions with stride, dilation and groups against plain float64 loops. */

const shapesOf = (geometry: Convolution): number[][] => {
  const { batch, height, width, channels, filters, filterHeight, filterWidth, groups } = geometry;
  return [[batch, height, width, channels], [filterHeight, filterWidth, channels / groups, filters], [filters]];
};

const opOf =
  ({ stride, dilation, groups, padding }: Convolution): Op =>
  ([x, filter, bias]) =>
    conv2d(value(x), filter, bias, { strides: stride, dilation, groups, padding });

const base: Convolution = {
  batch: 2,
  height: 9,
  width: 7,
  channels: 6,
  filters: 4,
  filterHeight: 3,
  filterWidth: 2,
  stride: 1,
  dilation: 1,
  groups: 2,
  padding: 'same',
};

const fixed: Convolution[] = [
  base,
  { ...base, dilation: 3, groups: 1 },
  { ...base, stride: 2, dilation: 2, padding: 'valid' },
  { ...base, channels: 5, filters: 10, groups: 5, stride: 3 },
  { ...base, channels: 20, filters: 22, filterHeight: 1, filterWidth: 1 },
  { ...base, batch: 1, height: 1, width: 1, channels: 1, filters: 1, groups: 1 },
  { ...base, batch: 31, height: 11, width: 13, channels: 2, filters: 2 },
];

const random = randomStream(9, 'convolutions');
const pick = (from: number, to: number): number => from + random.integer(to - from + 1);
const drawn = Array.from({ length: 6 }, (): Convolution => {
  const groups = pick(1, 3);
  return {
    batch: pick(1, 3),
    height: pick(8, 17),
    width: pick(8, 17),
    channels: groups * pick(1, 5),
    filters: groups * pick(1, 9),
    filterHeight: pick(1, 4),
    filterWidth: pick(1, 4),
    stride: pick(1, 3),
    dilation: pick(1, 2),
    groups,
    padding: random.uniform() < 0.5 ? 'same' : 'valid',
  };
});

describe('a convolution and its gradients are the sums that they stand for', () => {
  test.each([...fixed, ...drawn])('%j', async (geometry) => {
    const shapes = shapesOf(geometry);
    const made = await compute('webgpu', shapes, opOf(geometry));
    const { batch, height, width, filters, filterHeight, filterWidth } = geometry;
    const sides = [outputSide(height, filterHeight, geometry).side, outputSide(width, filterWidth, geometry).side];
    const inputs = shapes.map((shape, i) => numbers(shape, `${i}`));
    const { y, gradients } = convolution(geometry, inputs, () => numbers([batch, ...sides, filters], 'cotangent'));
    expectWithin(made.output, y);
    gradients.forEach((gradient, i) => expectWithin(made.gradients[i], gradient));
  });
});

test('stock ops on other backends make the same of groups and dilation', async () => {
  for (const geometry of [base, { ...base, dilation: 2, groups: 1 }]) {
    for (const distance of await distances(shapesOf(geometry), opOf(geometry))) expect(distance).toBeLessThan(2e-5);
  }
});

test('groups repeat their bits, and work in packed halves', async () => {
  const geometry = { ...base, batch: 31 };
  const again = () => compute('webgpu', shapesOf(geometry), opOf(geometry));
  expect(await again()).toEqual(await again());
  for (const distance of await distances(shapesOf(base), opOf(base), 'packed')) expect(distance).toBeLessThan(1e-2);
});

test('groups that divide neither channels nor filters are refused', async () => {
  const wrong: Op = ([x, filter]) => conv2d(value(x), filter, null, { strides: 1, padding: 'same', groups: 2 });
  const shapes = [
    [1, 3, 3, 6],
    [1, 1, 3, 5],
  ];
  await expect(compute('webgpu', shapes, wrong)).rejects.toThrow(/2 groups cannot take 6 channels to 5 filters/);
});
