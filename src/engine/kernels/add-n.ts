import { forEachIndex, indexWorkgroups, makeKernel, type Kernel } from '../kernel';
import type { tf } from '../tf';
import type { LatheBackend } from '../webgpu-backend';

/** Adds up `terms` tensors of `length` numbers in their order. Bindings: `x0`, `x1`, …, `result`. */
function sumOfTerms(terms: number, length: number): Kernel {
  const names = Array.from({ length: terms }, (_, i) => `x${i}`);
  return makeKernel({
    name: 'add n',
    bindings: [
      ...names.map((name) => ({ name, access: 'read', storage: 'float32' }) as const),
      { name: 'result', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(length),
    flops: terms * length,
    bytes: 4 * (terms + 1) * length,
    body: `${forEachIndex(length)}
  result_put(index, ${names.map((name) => `${name}[index]`).join(' + ')});
}`,
  });
}

/**
 * The sum of float32 tensors of one shape, however many: a kernel binds only so many buffers, so the sum so far is a term
 * of the next dispatch. The order of additions is that of the tensors.
 */
export function addN(backend: LatheBackend, tensors: tf.TensorInfo[]): tf.TensorInfo {
  const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1;
  const length = tensors[0].shape.reduce((product, side) => product * side, 1);
  let sum: tf.TensorInfo | null = null;
  for (let next = 0; next < tensors.length;) {
    const terms = tensors.slice(next, next + most - (sum ? 1 : 0));
    next += terms.length;
    const bound: tf.TensorInfo[] = sum ? [sum, ...terms] : terms;
    const made = backend.allocate(tensors[0].shape);
    backend.run(sumOfTerms(bound.length, length), [...bound, made]);
    if (sum) backend.disposeData(sum.dataId);
    sum = made;
  }
  return sum ?? backend.allocate(tensors[0].shape);
}
