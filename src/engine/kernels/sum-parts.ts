import { forEachIndex, indexWorkgroups, makeKernel, type Kernel } from '../kernel';

/**
 * Adds up partial results in their order: `result[i] = Σₚ partials[p, i]`, and, where `sums` is not 0, the same for
 * `[parts, sums]`. Bindings: `partials`, `result`, and `partial_sums`, `sums`.
 */
export function sumParts(parts: number, length: number, sums = 0): Kernel {
  return makeKernel({
    name: 'sum parts',
    bindings: [
      { name: 'partials', access: 'read', storage: 'float32' },
      { name: 'result', access: 'read_write', storage: 'float32' },
      ...(sums > 0
        ? [
            { name: 'partial_sums', access: 'read', storage: 'float32' } as const,
            { name: 'sums', access: 'read_write', storage: 'float32' } as const,
          ]
        : []),
    ],
    workgroups: indexWorkgroups(length + sums),
    flops: parts * (length + sums),
    bytes: 4 * (parts + 1) * (length + sums),
    body: `${forEachIndex(length + sums)}
  var sum = 0.0;
  if (index < ${length}u) {
    for (var p = 0u; p < ${parts}u; p++) { sum += partials[p * ${length}u + index]; }
    result[index] = sum;
    return;
  }
  ${
    sums > 0
      ? `let at = index - ${length}u;
  for (var p = 0u; p < ${parts}u; p++) { sum += partial_sums[p * ${sums}u + at]; }
  sums[at] = sum;`
      : ''
  }
}`,
  });
}
