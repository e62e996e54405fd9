import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';

/**
 * Fills `result` with numbers in [-1, 1) that look random and are always the same: a hash of the index (PCG output
 * function, Jarzynski and Olano, “Hash functions for GPU rendering”, 2020).
 */
export function noise(length: number, storage: Storage): Kernel {
  return makeKernel({
    name: 'noise',
    bindings: [{ name: 'result', access: 'read_write', storage }],
    workgroups: indexWorkgroups(length),
    flops: length,
    bytes: storageBytes(storage, length),
    body: `${forEachIndex(length)}
  let state = index * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  result_put(index, f32(((word >> 22u) ^ word) >> 8u) / 8388608.0 - 1.0);
}`,
  });
}
