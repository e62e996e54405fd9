import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';

/**
 * Permutes the axes of a tensor of any rank: axis `i` of the result is axis `permutation[i]` of `x`. Bindings: `x`,
 * `result`.
 */
export function transpose(shape: number[], permutation: number[], storage: Storage): Kernel {
  const count = shape.reduce((product, side) => product * side, 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  // From the last axis of the result to the first: what is left of the index holds the axes before it.
  const steps = permutation
    .map((axis) => `from_ += rest % ${shape[axis]}u * ${strides[axis]}u; rest /= ${shape[axis]}u;`)
    .reverse();
  return makeKernel({
    name: 'transpose',
    bindings: [
      { name: 'x', access: 'read', storage },
      { name: 'result', access: 'read_write', storage },
    ],
    workgroups: indexWorkgroups(count),
    flops: 0,
    bytes: 2 * storageBytes(storage, count),
    body: `${forEachIndex(count)}
  var rest = index;
  var from_ = 0u;
  ${steps.join('\n  ')}
  result_put(index, x_at(from_));
}`,
  });
}
