import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startBackend, type Backend } from '../../../src/engine/backend';
import { hasRoom, largestBuffer, OutOfMemory } from '../../../src/engine/device-memory';
import type { LatheBackend } from '../../../src/engine/webgpu-backend';

let backend: Backend;
let webgpu: LatheBackend;

beforeAll(async () => {
  backend = await startBackend(['webgpu']);
  if (!backend.webgpu) throw new Error('This test needs WebGPU.');
  webgpu = backend.webgpu;
});
afterAll(() => backend.dispose());
afterEach(() => {
  vi.restoreAllMocks();
});

test('a buffer larger than the adapter allows is refused before the device is asked', () => {
  const create = vi.spyOn(GPUDevice.prototype, 'createBuffer');
  const before = webgpu.memoryReport();
  const most = largestBuffer(webgpu.device);
  expect(() => webgpu.buffer(most + 4, 'activations')).toThrow(OutOfMemory);
  expect(() => webgpu.buffer(2 * most, 'gradients')).toThrow(
    /\(gradients\) is needed, and this adapter allows at most/,
  );
  expect(create).not.toHaveBeenCalled();
  expect(webgpu.memoryReport()).toEqual(before);
});

test('a size is not rounded up past what the adapter allows', () => {
  vi.spyOn(GPUSupportedLimits.prototype, 'maxBufferSize', 'get').mockReturnValue(9_000);
  const buffer = webgpu.buffer(8_900, 'activations');
  expect(buffer.size).toBe(9_000);
  webgpu.free(buffer);
});

test('memory that the device refuses is reported with what was asked for and what is in use', async () => {
  const used = webgpu.buffer(3 * 2 ** 20, 'weights');
  vi.spyOn(GPUDevice.prototype, 'popErrorScope').mockResolvedValueOnce(new GPUOutOfMemoryError('no room'));
  const refused = webgpu.buffer(80 * 2 ** 20, 'activations');
  const error = await webgpu.memoryRefused;
  expect(error).toBeInstanceOf(OutOfMemory);
  expect(error.message).toMatch(
    /^The GPU has no 80 MiB more \(activations\): 8\d MiB are in use, most of it by activations \(80 MiB\)\.$/,
  );
  expect(await backend.failed).toBe(error);
  webgpu.free(used);
  webgpu.free(refused);
});

test('room is asked for and given back', async () => {
  const before = webgpu.memoryReport();
  expect(await hasRoom(webgpu.device, 2 ** 20)).toBe(true);
  expect(webgpu.memoryReport()).toEqual(before);
  vi.spyOn(GPUDevice.prototype, 'popErrorScope').mockResolvedValueOnce(new GPUOutOfMemoryError('no room'));
  expect(await hasRoom(webgpu.device, 2 ** 20)).toBe(false);
});
