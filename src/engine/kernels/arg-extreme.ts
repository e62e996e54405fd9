import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';

/** A tensor seen as `[outer, length, inner]`: what a computation along one axis needs to know of its shape. */
export interface AlongAxis {
  outer: number;
  length: number;
  inner: number;
}

/** Index of the largest, or smallest, number along an axis; of equal ones the first. Bindings: `x`, `result` (int32). */
export function argExtreme({ outer, length, inner }: AlongAxis, which: 'max' | 'min', storage: Storage): Kernel {
  return makeKernel({
    name: `arg ${which}`,
    bindings: [
      { name: 'x', access: 'read', storage },
      { name: 'result', access: 'read_write', storage: 'int32' },
    ],
    workgroups: indexWorkgroups(outer * inner),
    flops: outer * length * inner,
    bytes: storageBytes(storage, outer * length * inner) + 4 * outer * inner,
    body: `${forEachIndex(outer * inner)}
  let first = index / ${inner}u * ${length * inner}u + index % ${inner}u;
  var best = x_at(first);
  var found = 0u;
  for (var i = 1u; i < ${length}u; i++) {
    let candidate = x_at(first + i * ${inner}u);
    if (candidate ${which === 'max' ? '>' : '<'} best) { best = candidate; found = i; }
  }
  result[index] = i32(found);
}`,
  });
}
