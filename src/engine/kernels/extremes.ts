import type { Kernel } from '../kernel';

/** Invocations of a workgroup. */
export const LANES = 64;

/** Numbers that a workgroup takes at least: fewer are not worth one of their own. */
const LEAST = 8192;

/** Workgroups over `length` numbers, each of which leaves results of its own. */
export const histogramGroups = (length: number): number => Math.max(1, Math.min(64, Math.ceil(length / LEAST)));

/** Words that a workgroup of `extremes` leaves. */
export const EXTREMES = 3;

/** The bits of what is no number are all there are in the exponent; compilers may take a comparison with itself away. */
export const FINITE = 'fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }';

/**
 * Least, largest and number of the finite ones among `length` numbers, of each of `histogramGroups` workgroups: bits of
 * two float32 and a whole number. Where there is none the least is above the largest.
 * Bindings: `x [length]`, `result [groups, 3] uint32`. Its code is the same for all lengths, which are those of a model's
 * tensors: each would be compiled by itself, for a kernel that runs once in a while.
 */
export function extremes(length: number): Kernel {
  const groups = histogramGroups(length);
  return {
    name: 'extremes',
    bindings: [
      { name: 'x', access: 'read', storage: 'float32' },
      { name: 'result', access: 'read_write', storage: 'uint32' },
    ],
    workgroups: [groups, 1, 1],
    flops: 2 * length,
    bytes: 4 * length,
    code: () => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
${FINITE}
var<workgroup> least: array<f32, ${LANES}>;
var<workgroup> largest: array<f32, ${LANES}>;
var<workgroup> counts: array<u32, ${LANES}>;
@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  var low = 0x1.fffffep+127f;
  var high = -0x1.fffffep+127f;
  var count = 0u;
  for (var i = group.x * ${LANES}u + lane; i < arrayLength(&x); i += groups.x * ${LANES}u) {
    let value = x[i];
    if (finite(value)) {
      low = min(low, value);
      high = max(high, value);
      count++;
    }
  }
  least[lane] = low;
  largest[lane] = high;
  counts[lane] = count;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var i = 1u; i < ${LANES}u; i++) {
    low = min(low, least[i]);
    high = max(high, largest[i]);
    count += counts[i];
  }
  result[group.x * ${EXTREMES}u] = bitcast<u32>(low);
  result[group.x * ${EXTREMES}u + 1u] = bitcast<u32>(high);
  result[group.x * ${EXTREMES}u + 2u] = count;
}`,
  };
}
