import { afterEach, expect, test, vi } from 'vitest';
import { startBackend } from '../../../src/engine/backend';
import { tf } from '../../../src/engine/tf';

afterEach(() => {
  vi.restoreAllMocks();
});

async function computes(): Promise<boolean> {
  const product = tf.tidy(() => tf.matMul(tf.ones([3, 5]), tf.ones([5, 2])));
  const values = await product.data();
  product.dispose();
  return values.length === 6 && values.every((value) => value === 5);
}

test('WebGPU comes first, with limits raised and its adapter named', async () => {
  const backend = await startBackend(['webgpu', 'webgl', 'cpu']);
  expect(backend.info.backend).toBe('webgpu');
  expect(backend.info.adapter).toMatch(/\w/);
  expect(backend.info.reason).toMatch(/^WebGPU /);
  expect(backend.webgpu?.device.limits.maxBufferSize).toBeGreaterThan(2 ** 28);
  expect(await computes()).toBe(true);
  const before = backend.memory().bytes;
  const tensor = tf.tidy(() => tf.add(tf.ones([1000, 100]), 1));
  expect(backend.memory().bytes - before).toBeGreaterThanOrEqual(400_000);
  tensor.dispose();
  backend.dispose();
});

test('without an adapter the next one computes, and the reason says why', async () => {
  vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null);
  const backend = await startBackend(['webgpu', 'cpu']);
  expect(backend.info).toEqual({
    backend: 'cpu',
    adapter: 'cpu',
    software: true,
    reason: 'The CPU computes, because WebGPU cannot be used: the browser found no adapter.',
  });
  expect(await computes()).toBe(true);
  backend.dispose();
});

test('WebGL computes where it can, else the CPU', async () => {
  vi.spyOn(navigator.gpu, 'requestAdapter').mockRejectedValue(new Error('the driver is on a blocklist'));
  const backend = await startBackend(['webgpu', 'webgl', 'cpu']);
  expect(['webgl', 'cpu']).toContain(backend.info.backend);
  expect(backend.info.reason).toContain('because WebGPU cannot be used: the driver is on a blocklist');
  expect(await computes()).toBe(true);
  backend.dispose();
});

test('where nothing works, every reason is given', async () => {
  vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null);
  await expect(startBackend(['webgpu'])).rejects.toMatchObject({
    kind: 'backend',
    message: expect.stringContaining('No device can train here. WebGPU cannot be used: the browser found no adapter.'),
  });
});

test('a device that is lost is told; one that is disposed is not', async () => {
  const quiet = await startBackend(['webgpu']);
  let told = false;
  void quiet.lost.then(() => (told = true));
  quiet.dispose();
  const backend = await startBackend(['webgpu']);
  backend.webgpu?.device.destroy();
  expect(await backend.lost).toMatch(/destroyed/);
  expect(told).toBe(false);
  backend.dispose();
});

test('an error that nothing caught is told', async () => {
  const backend = await startBackend(['webgpu']);
  backend.webgpu?.device.createShaderModule({ code: 'no shader' });
  await computes();
  expect((await backend.failed).message).toMatch(/^The GPU reported an error: .*parsing WGSL/);
  backend.dispose();
});
