import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { ACTIVATIONS, type Activation } from '../../../../src/config/activations';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import type { Target } from '../../../../src/engine/kernel';
import { matrixProduct } from '../../../../src/engine/kernels/matrix-product';
import type { MatrixProduct } from '../../../../src/engine/kernels/product';
import { ACTIVATE } from '../reference/activation';
import { referenceProduct, type Operands } from '../reference/matrix-product';
import { expectWithin, type Sums } from '../reference/terms';
import { runKernel, type Bound } from './run-kernel';

let backend: Backend;
let error: string | null = null;
beforeAll(async () => {
  backend = await startBackend(['webgpu']);
  void backend.failed.then(({ message }) => (error = message));
});
afterAll(() => backend.dispose());

const random = randomStream(11, 'products');
const normals = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const SIDES = [1, 2, 3, 7, 8, 9, 13, 16, 31, 61];
const side = (): number => SIDES[random.integer(SIDES.length)];
const chance = (): boolean => random.uniform() < 0.5;
const some = (): Activation => ACTIVATIONS[random.integer(ACTIVATIONS.length)];

const transposes = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB })),
);
const products: MatrixProduct[] = [
  ...transposes.map((transposed) => ({ rows: 13, columns: 31, inner: 61, ...transposed })),
  ...transposes.map((transposed) => ({ rows: 3, columns: 9, inner: 11, groups: 5, ...transposed })),
  { rows: 1, columns: 1, inner: 1 },
  { rows: 2, columns: 3, inner: 2003, parts: 7, columnSums: true, transposeA: true },
  { rows: 5, columns: 7, inner: 301, parts: 4, groups: 3, columnSums: true, transposeA: true },
  ...Array.from({ length: 14 }, (): MatrixProduct => {
    const forward = chance();
    const transposeB = chance();
    return {
      rows: side(),
      columns: side(),
      inner: side(),
      transposeA: chance(),
      transposeB,
      columnSums: !transposeB && chance(),
      innerScale: chance(),
      ...(forward ? { bias: chance(), activation: some(), scale: chance(), residual: chance() } : { slope: some() }),
    };
  }),
];

function operandsOf({
  rows,
  columns,
  inner,
  groups = 1,
  parts = 1,
  slope,
}: MatrixProduct): Operands & { y: Float32Array } {
  const wide = groups * columns;
  const z = normals(rows * wide * parts);
  return {
    a: normals(rows * groups * inner),
    b: normals(inner * wide),
    bias: normals(wide),
    scale: normals(wide),
    residual: normals(rows * wide),
    inner_scale: normals(groups * inner),
    z,
    y: z.map(ACTIVATE[slope ?? 'linear']),
  };
}

async function check(product: MatrixProduct, tolerance?: number): Promise<void> {
  // What the adapter gets, and what GPUs get.
  for (const target of [backend.webgpu!.target, { software: false, lockstep: 1 }]) {
    await checkFor(target, product, tolerance);
  }
}

async function checkFor(target: Target, product: MatrixProduct, tolerance?: number): Promise<void> {
  const operands = operandsOf(product);
  const kernel = matrixProduct(product, target);
  const expected = referenceProduct(product, operands);
  const written = new Map<string, Sums>(Object.entries(expected));
  const lengths = (name: string): number => written.get(name)?.values.length ?? 0;
  const given = new Map<string, ArrayLike<number>>(Object.entries(operands));
  const bound: Bound = {};
  for (const { name } of kernel.bindings) bound[name] = given.get(name) ?? lengths(name);
  const made = await runKernel(backend.webgpu!, kernel, bound);
  expect(error).toBeNull();
  for (const [name, numbers] of Object.entries(made)) expectWithin(numbers, written.get(name)!, tolerance);
}

describe('a product is what its sums say', () => {
  test.each(products)('%j', (product) => check(product));
});

test.each<MatrixProduct>([
  { rows: 9, columns: 15, inner: 33, bias: true, activation: 'gelu', storage: { a: 'packed', result: 'packed' } },
  {
    rows: 7,
    columns: 17,
    inner: 20,
    transposeB: true,
    slope: 'swish',
    storage: { a: 'packed', y: 'packed', z: 'packed', result: 'packed' },
  },
  { rows: 11, columns: 5, inner: 64, transposeA: true, columnSums: true, storage: { a: 'packed', b: 'packed' } },
])('in halves: %j', (product) => check(product, 2e-3));
