import type { Kernel } from '../kernel';
import { FINITE, histogramGroups, LANES } from './extremes';

/**
 * How many of `length` numbers lie in each bin, with the sums of them and of their squares, of each of `histogramGroups`
 * workgroups: whole numbers, then bits of two float32. Numbers are scaled for the sums, so that no square leaves float32.
 * What is not finite is left out.
 *
 * Bindings: `x [length]`, `edges [bins]` (those that part the bins, then the scale), `result [groups, bins + 2] uint32`.
 * Its code is the same for all lengths.
 * @param bins A power of two.
 */
export function binCounts(length: number, bins: number): Kernel {
  const groups = histogramGroups(length);
  const row = bins + 2;
  return {
    name: 'bin counts',
    bindings: [
      { name: 'x', access: 'read', storage: 'float32' },
      { name: 'edges', access: 'read', storage: 'float32' },
      { name: 'result', access: 'read_write', storage: 'uint32' },
    ],
    workgroups: [groups, 1, 1],
    flops: length * (Math.log2(bins) + 4),
    bytes: 4 * length,
    code: () => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> edges: array<f32, ${bins}>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
${FINITE}
var<workgroup> counts: array<atomic<u32>, ${bins}>;
var<workgroup> sums: array<vec2<f32>, ${LANES}>;
@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let scale = edges[${bins - 1}u];
  var sum = vec2<f32>(0.0);
  for (var i = group.x * ${LANES}u + lane; i < arrayLength(&x); i += groups.x * ${LANES}u) {
    let value = x[i];
    if (!finite(value)) { continue; }
    var bin = 0u;
    for (var step = ${bins / 2}u; step > 0u; step /= 2u) {
      if (value >= edges[bin + step - 1u]) { bin += step; }
    }
    atomicAdd(&counts[bin], 1u);
    let scaled = value * scale;
    sum += vec2<f32>(scaled, scaled * scaled);
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var bin = lane; bin < ${bins}u; bin += ${LANES}u) {
    result[group.x * ${row}u + bin] = atomicLoad(&counts[bin]);
  }
  if (lane > 0u) { return; }
  for (var i = 1u; i < ${LANES}u; i++) { sum += sums[i]; }
  result[group.x * ${row}u + ${bins}u] = bitcast<u32>(sum.x);
  result[group.x * ${row}u + ${bins + 1}u] = bitcast<u32>(sum.y);
}`,
  };
}
