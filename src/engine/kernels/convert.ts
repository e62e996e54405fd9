import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';

/** Copies `length` numbers of `x` to `result`, from any storage to one of floats. Past the range of halves lies infinity. */
export function convert(length: number, from: Storage, to: Storage): Kernel {
  return makeKernel({
    name: 'convert',
    bindings: [
      { name: 'x', access: 'read', storage: from },
      { name: 'result', access: 'read_write', storage: to },
    ],
    workgroups: indexWorkgroups(length),
    flops: 0,
    bytes: storageBytes(from, length) + storageBytes(to, length),
    body: `${forEachIndex(length)}
  result_put(index, f32(x_at(index)));
}`,
  });
}
