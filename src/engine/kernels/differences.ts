import { makeKernel, type Kernel } from '../kernel';

/** Invocations, each of which compares a share of the words. */
export const DIFFERENCE_LANES = 4096;

/** Counts, by invocation, the words in which `a` and `b` differ: `counts [DIFFERENCE_LANES]`. All are 32-bit words. */
export function differences(words: number): Kernel {
  return makeKernel({
    name: 'differences',
    bindings: [
      { name: 'a', access: 'read', storage: 'uint32' },
      { name: 'b', access: 'read', storage: 'uint32' },
      { name: 'counts', access: 'read_write', storage: 'uint32' },
    ],
    workgroups: [DIFFERENCE_LANES / 64, 1, 1],
    flops: words,
    bytes: 8 * words,
    body: `@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  var count = 0u;
  for (var i = invocation.x; i < ${words}u; i += ${DIFFERENCE_LANES}u) { count += select(0u, 1u, a[i] != b[i]); }
  counts[invocation.x] = count;
}`,
  });
}
