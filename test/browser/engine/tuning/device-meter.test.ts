import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { DIFFERENCE_LANES, differences } from '../../../../src/engine/kernels/differences';
import { matrixProduct } from '../../../../src/engine/kernels/matrix-product';
import { noise } from '../../../../src/engine/kernels/noise';
import { PRODUCT_VARIANTS, variantName } from '../../../../src/engine/kernels/product-variants';
import { DeviceMeter } from '../../../../src/engine/tuning/device-meter';
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

const range = (bytes: number): BufferRange => ({ buffer: webgpu.buffer(bytes, 'workspace'), offset: 0, size: bytes });

const byName = (name: string) => PRODUCT_VARIANTS.find((variant) => variantName(variant) === name)!;

test('variants get a time, those with other bits none that counts, and no memory of the run is taken', async () => {
  const variants = ['registers 8×8', 'registers 8×4', 'registers 4×4'].map(byName);
  const product = { rows: 70, columns: 36, inner: 40, transposeA: true, columnSums: true };
  // One variant goes wrong in its last part only.
  const meter = new DeviceMeter(webgpu, (product, target, variant) =>
    matrixProduct({ ...product, inner: variant === variants[1] ? 39 : product.inner }, target, variant),
  );
  const { peak } = backend.memory();
  const times = await meter.compare(product, variants);
  expect(times).toHaveLength(3);
  expect(times![0]).toBeGreaterThan(0);
  expect(times![1]).toBe(Infinity);
  expect(times![2]).toBeGreaterThan(0);
  expect(times![2]).toBeLessThan(Infinity);
  // What is read back passes through a small buffer.
  expect(backend.memory().peak - peak).toBeLessThan(2 ** 20);
  meter.dispose();
});

test('a variant that the device refuses stops nothing', async () => {
  const meter = new DeviceMeter(webgpu, (product, target, variant) => {
    const kernel = matrixProduct(product, target, variant);
    return variant.columns === 4 ? { ...kernel, code: () => 'no code' } : kernel;
  });
  const product = { rows: 16, columns: 16, inner: 16 };
  expect(await meter.compare(product, ['registers 8×8', 'registers 4×4'].map(byName))).toBeNull();
  expect(await meter.compare(product, [byName('registers 8×8')])).toHaveLength(1);
  expect(error).toBeNull();
  meter.dispose();
});

test('a product too large for the device is not compared', async () => {
  const meter = new DeviceMeter(webgpu);
  const product = { rows: 65_536, columns: 65_536, inner: 8 };
  expect(await meter.compare(product, [byName('registers 8×8')])).toBeNull();
  meter.dispose();
});

test('differences are counted, wherever they are', async () => {
  const words = 2 * DIFFERENCE_LANES + 17;
  const [a, b, counts] = [range(4 * words), range(4 * words), range(4 * DIFFERENCE_LANES)];
  const values = Uint32Array.from({ length: words }, (_, i) => i * 7);
  const changed = values.slice();
  for (const at of [0, DIFFERENCE_LANES, words - 1]) changed[at] ^= 1;
  webgpu.upload(a, values);
  webgpu.upload(b, changed);
  webgpu.run(differences(words), [a, b, counts]);
  const [bytes] = await webgpu.readRanges([counts]);
  const found = new Uint32Array(bytes);
  expect([found[0], found[16], found.reduce((sum, count) => sum + count)]).toEqual([2, 1, 3]);
});

test('noise fills its range evenly, always the same', async () => {
  const [first, second] = [range(4 * 5000), range(4 * 5000)];
  webgpu.run(noise(5000, 'float32'), [first]);
  webgpu.run(noise(5000, 'float32'), [second]);
  const [a, b] = (await webgpu.readRanges([first, second])).map((bytes) => new Float32Array(bytes));
  expect(a).toEqual(b);
  expect(Math.max(...a)).toBeLessThan(1);
  expect(Math.min(...a)).toBeGreaterThanOrEqual(-1);
  expect(Math.abs(a.reduce((sum, value) => sum + value) / 5000)).toBeLessThan(0.05);
  expect(new Set(a).size).toBeGreaterThan(4900);
});
