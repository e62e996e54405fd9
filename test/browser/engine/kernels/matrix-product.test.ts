import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { storageBytes } from '../../../../src/engine/kernel';
import { matrixProduct } from '../../../../src/engine/kernels/matrix-product';
import { productBindings, type MatrixProduct } from '../../../../src/engine/kernels/product';
import { PRODUCT_VARIANTS, variantName } from '../../../../src/engine/kernels/product-variants';
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

/** Sides are odd, prime, smaller and larger than tiles; every epilogue appears, on fours and on odd lengths. */
const products: [name: string, product: MatrixProduct][] = [
  ['plain, odd', { rows: 71, columns: 67, inner: 37 }],
  ['plain, fours', { rows: 68, columns: 132, inner: 20 }],
  ['whole tiles', { rows: 128, columns: 128, inner: 16 }],
  ['one row', { rows: 1, columns: 5, inner: 300 }],
  ['bias and an activation that keeps what stands before it', { rows: 33, columns: 36, inner: 19, bias: true, activation: 'gelu' }],
  ['the same on an odd length', { rows: 33, columns: 35, inner: 19, bias: true, activation: 'gelu' }],
  ['scale and residual', { rows: 21, columns: 40, inner: 24, bias: true, scale: true, residual: true }],
  ['the same on an odd length', { rows: 21, columns: 41, inner: 24, bias: true, scale: true, residual: true }],
  ['slope, scaled within', { rows: 45, columns: 68, inner: 18, transposeB: true, innerScale: true, slope: 'swish' }],
  ['the same on an odd length', { rows: 45, columns: 69, inner: 18, transposeB: true, innerScale: true, slope: 'relu' }],
  ['gradient of weights in parts', { rows: 36, columns: 44, inner: 150, transposeA: true, columnSums: true, parts: 4 }],
  ['the same on odd lengths', { rows: 35, columns: 43, inner: 150, transposeA: true, columnSums: true, parts: 4 }],
  ['in groups', { rows: 37, columns: 12, inner: 9, groups: 3, bias: true, activation: 'relu' }],
  ['gradient in groups', { rows: 9, columns: 7, inner: 70, groups: 3, transposeA: true, columnSums: true, parts: 2 }],
  ['back in groups', { rows: 37, columns: 9, inner: 12, groups: 3, transposeB: true }],
  [
    'in packed halves',
    { rows: 50, columns: 36, inner: 33, bias: true, activation: 'swish', storage: { a: 'packed', result: 'packed' } },
  ],
  [
    'in packed halves on an odd length',
    { rows: 50, columns: 35, inner: 33, transposeB: true, slope: 'gelu', storage: { a: 'packed', y: 'packed', z: 'packed', result: 'packed' } },
  ],
];

test.each(products)('all variants give the same bits: %s', async (_, product) => {
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
  const outputs = async (variant: (typeof PRODUCT_VARIANTS)[number]): Promise<Uint32Array[]> => {
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
  // Four lanes that share rows need subgroups of four that run in step.
  const variants = PRODUCT_VARIANTS.filter(
    (variant) => variant.kind === 'workgroup' || variant.lanes === 1 || webgpu.target.lockstep === 4,
  );
  const [expected, ...others] = await Promise.all(variants.map(outputs));
  expect(expected[0].some((word) => word !== 0 && word !== 0x7fc0_1234)).toBe(true);
  others.forEach((bits, i) => {
    const different = bits.map((words, k) => words.filter((word, at) => word !== expected[k][at]).length);
    expect([variantName(variants[i + 1]), ...different]).toEqual([variantName(variants[i + 1]), ...bits.map(() => 0)]);
  });
  for (const { buffer } of reads) webgpu.free(buffer);
});
