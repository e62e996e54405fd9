import { foldWorkgroups, makeKernel, type Kernel } from '../kernel';

/** Invocations of a workgroup. */
const SIZE = 64;

/**
 * Copies `length` numbers of `x` to `result`, `each` of them an invocation, as fast as memory goes: what the profiler holds
 * the bytes a second of other kernels against. `length` is a multiple of `64 * each`.
 */
export function streamCopy(length: number, each: number): Kernel {
  if (length % (SIZE * each) !== 0) throw new RangeError('A stream is copied in whole workgroups.');
  const offsets = Array.from({ length: each }, (_, i) => SIZE * i);
  return makeKernel({
    name: 'stream copy',
    bindings: [
      { name: 'x', access: 'read', storage: 'float32' },
      { name: 'result', access: 'read_write', storage: 'float32' },
    ],
    workgroups: foldWorkgroups(length / (SIZE * each)),
    flops: 0,
    bytes: 8 * length,
    // Neighbouring invocations copy neighbouring numbers, so that the device joins their accesses.
    body: `@compute @workgroup_size(${SIZE})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let base = (workgroup.x + workgroup.y * groups.x) * ${SIZE * each}u + local;
  if (base >= ${length}u) { return; }
${offsets.map((offset) => `  result[base + ${offset}u] = x[base + ${offset}u];`).join('\n')}
}`,
  });
}
