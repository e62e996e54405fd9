import { forEachIndex, indexWorkgroups, makeKernel, type Kernel } from '../kernel';

/** `sum = gradient`, or `sum += gradient` where it is not the `first`. Bindings: `gradient`, `sum`. */
export function gradientSum(length: number, first: boolean): Kernel {
  return makeKernel({
    name: 'gradient sum',
    bindings: [
      { name: 'gradient', access: 'read', storage: 'float32' },
      { name: 'sum', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(length),
    flops: length,
    bytes: 12 * length,
    body: `${forEachIndex(length)}
  sum[index] = gradient[index]${first ? '' : ' + sum[index]'};
}`,
  });
}
