import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { storageBytes } from '../../../../src/engine/kernel';
import { matrixProduct } from '../../../../src/engine/kernels/matrix-product';
import { productBindings, type MatrixProduct } from '../../../../src/engine/kernels/product';
import { PRODUCT_VARIANTS, variantName, type ProductVariant } from '../../../../src/engine/kernels/product-variants';
import type { BufferRange, LatheBackend } from '../../../../src/engine/webgpu-backend';

let backend: Backend;
let webgpu: LatheBackend;
let error: string | null = null;

beforeAll(async () => {
  backend = await startBackend(['webgpu']);
  if (!backend.webgpu) throw new Error('This test needs WebGPU.');
  webgpu = backend.webgpu;
  void backend.failed.then(({ message }) => (error = message));
});
afterAll(() => {
  backend.dispose();
  expect(error).toBeNull();
});

const bare = (variant: ProductVariant): boolean => variant.kind === 'workgroup' || variant.lanes === 1;

/** Those that run here: lanes that share rows need subgroups of four in step. */
const variants = (): ProductVariant[] =>
  PRODUCT_VARIANTS.filter((variant) => bare(variant) || webgpu.target.lockstep === 4);

/** One of each kind, the small ones: what differs between tiles of a kind are lengths. */
const kinds = (): ProductVariant[] => {
  const names = ['registers 8×4 over 4 lanes', 'registers 4×4', 'workgroup 32×32 by 4×4'];
  return variants().filter((variant) => names.includes(variantName(variant)));
};

type Case = [name: string, variants: () => ProductVariant[], product: MatrixProduct];

/** Sides are odd, prime, smaller and larger than tiles; every epilogue appears, on fours and on odd lengths. */
const products: Case[] = [
  ['plain, odd', variants, { rows: 71, columns: 67, inner: 37 }],
  [
    'gradient of weights in parts',
    variants,
    { rows: 68, columns: 132, inner: 150, transposeA: true, columnSums: true, parts: 4 },
  ],
  ['whole tiles', kinds, { rows: 64, columns: 128, inner: 32, transposeA: true }],
  ['back, odd', kinds, { rows: 131, columns: 35, inner: 19, transposeB: true }],
  ['one row', kinds, { rows: 1, columns: 5, inner: 300, bias: true }],
  ['keeps what stands before', kinds, { rows: 33, columns: 36, inner: 19, bias: true, activation: 'gelu' }],
  ['the same, odd', kinds, { rows: 33, columns: 35, inner: 19, bias: true, activation: 'gelu' }],
  ['scale and residual', kinds, { rows: 21, columns: 40, inner: 24, bias: true, scale: true, residual: true }],
  ['the same, odd', kinds, { rows: 21, columns: 41, inner: 24, bias: true, scale: true, residual: true }],
  ['slope', kinds, { rows: 45, columns: 68, inner: 18, transposeB: true, innerScale: true, slope: 'swish' }],
  ['the same, odd', kinds, { rows: 45, columns: 69, inner: 18, transposeB: true, innerScale: true, slope: 'relu' }],
  ['parts, odd', kinds, { rows: 35, columns: 43, inner: 150, transposeA: true, columnSums: true, parts: 4 }],
  ['in groups', kinds, { rows: 37, columns: 12, inner: 9, groups: 3, bias: true, activation: 'relu' }],
  [
    'gradient in groups',
    kinds,
    { rows: 9, columns: 7, inner: 70, groups: 3, transposeA: true, columnSums: true, parts: 2 },
  ],
  [
    'packed halves',
    kinds,
    { rows: 50, columns: 36, inner: 33, bias: true, activation: 'relu', storage: { a: 'packed', result: 'packed' } },
  ],
  ['packed halves, odd', kinds, { rows: 50, columns: 35, inner: 33, storage: { a: 'packed', result: 'packed' } }],
];

test.each(products)('variants give the same bits: %s', async (_, tried, product) => {
  const random = randomStream(3, 'product');
  const bindings = productBindings(product);
  const reads: BufferRange[] = [];
  const sizes = bindings.map(({ storage, length }) => storageBytes(storage, length));
  bindings.forEach(({ access }, i) => {
    if (access !== 'read') return;
    const range = { buffer: webgpu.buffer(sizes[i], 'workspace'), offset: 0, size: sizes[i] };
    // Halves are two numbers in a word: small ones of both signs.
    const word = (): number => ((0x3000 + random.integer(0xc00)) | (random.integer(2) << 15)) >>> 0;
    const { storage, length } = bindings[i];
    webgpu.upload(
      range,
      storage === 'packed'
        ? Uint32Array.from({ length: sizes[i] / 4 }, () => (word() | (word() << 16)) >>> 0)
        : Float32Array.from({ length }, () => random.normal()),
    );
    reads.push(range);
  });
  const outputs = async (variant: ProductVariant): Promise<Uint32Array[]> => {
    const written = bindings.flatMap(({ access }, i) => {
      if (access === 'read') return [];
      const range = { buffer: webgpu.buffer(sizes[i], 'workspace'), offset: 0, size: sizes[i] };
      webgpu.upload(range, new Uint32Array(sizes[i] / 4).fill(0x7fc0_1234));
      return [range];
    });
    webgpu.run(matrixProduct(product, webgpu.target, variant), [...reads, ...written]);
    const bytes = await webgpu.readRanges(written);
    for (const { buffer } of written) webgpu.free(buffer);
    return bytes.map((each) => new Uint32Array(each));
  };
  const [first, ...rest] = tried();
  const expected = await outputs(first);
  expect(expected[0].some((word) => word !== 0 && word !== 0x7fc0_1234)).toBe(true);
  for (const variant of rest) {
    const bits = await outputs(variant);
    const different = bits.map((words, k) => words.filter((word, at) => word !== expected[k][at]).length);
    expect([variantName(variant), ...different]).toEqual([variantName(variant), ...bits.map(() => 0)]);
  }
  for (const { buffer } of reads) webgpu.free(buffer);
});
