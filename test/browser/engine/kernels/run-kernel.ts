import { expect } from 'vitest';
import type { Kernel, Storage } from '../../../../src/engine/kernel';
import { convert } from '../../../../src/engine/kernels/convert';
import type { tf } from '../../../../src/engine/tf';
import type { LatheBackend } from '../../../../src/engine/webgpu-backend';

/** What a binding gets by its name: numbers, or the length of what the kernel is to fill. */
export type Bound = Record<string, ArrayLike<number> | number>;

/**
 * Runs a kernel twice over the same numbers, expects the same bits, and gives what it wrote. What it is to fill is NaN
 * before, so that nothing is left out unseen.
 */
export async function runKernel(
  backend: LatheBackend,
  kernel: Kernel,
  bound: Bound,
): Promise<Record<string, Float32Array>> {
  const first = await once(backend, kernel, bound);
  expect(await once(backend, kernel, bound)).toEqual(first);
  return first;
}

async function once(backend: LatheBackend, kernel: Kernel, bound: Bound): Promise<Record<string, Float32Array>> {
  expect(Object.keys(bound).sort()).toEqual(kernel.bindings.map(({ name }) => name).sort());
  const tensors = kernel.bindings.map(({ name, storage }) => {
    const given = bound[name];
    return made(backend, typeof given === 'number' ? new Float32Array(given).fill(NaN) : given, storage);
  });
  backend.run(kernel, tensors);
  const written = kernel.bindings.flatMap(({ name, access }, i) => (access === 'read_write' ? [{ name, i }] : []));
  const numbers = await Promise.all(written.map(({ i }) => backend.read(tensors[i].dataId)));
  for (const { dataId } of tensors) backend.disposeData(dataId);
  return Object.fromEntries(written.map(({ name }, i) => [name, Float32Array.from(numbers[i] as Float32Array)]));
}

function made(backend: LatheBackend, numbers: ArrayLike<number>, storage: Storage): tf.TensorInfo {
  const shape = [numbers.length];
  if (storage === 'int32') return backend.makeTensorInfo(shape, 'int32', Int32Array.from(numbers));
  const wide = backend.makeTensorInfo(shape, 'float32', Float32Array.from(numbers));
  if (storage === 'float32') return wide;
  const narrow = backend.allocate(shape, storage);
  backend.run(convert(numbers.length, 'float32', storage), [wide, narrow]);
  backend.disposeData(wide.dataId);
  return narrow;
}
