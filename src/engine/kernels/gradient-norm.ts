import { makeKernel, type Kernel } from '../kernel';

/** Invocations of a workgroup. */
export const NORM_WORKGROUP = 64;

/** Partial sums that a norm over `length` numbers leaves: one a workgroup. */
export const normPartials = (length: number): number => Math.min(256, Math.ceil(length / (NORM_WORKGROUP * 16)));

/**
 * Sums of squares of a gradient, one for each workgroup, in a fixed order of additions. Where there is a penalty it is
 * first added: `gradient += 2 · l2 · scale · weights`, in blocks whose flag is 1.
 * Bindings: `gradient`, `partials`, and with a penalty `weights`, `flags` (one for each 64 numbers), `scaler`.
 */
export function gradientNorm(length: number, l2: number): Kernel {
  const groups = normPartials(length);
  const penalised = l2 > 0;
  return makeKernel({
    name: 'gradient norm',
    bindings: [
      { name: 'gradient', access: penalised ? 'read_write' : 'read', storage: 'float32' },
      { name: 'partials', access: 'read_write', storage: 'float32' },
      ...(penalised
        ? ([
            { name: 'weights', access: 'read', storage: 'float32' },
            { name: 'flags', access: 'read', storage: 'float32' },
            { name: 'scaler', access: 'read', storage: 'float32' },
          ] as const)
        : []),
    ],
    workgroups: [groups, 1, 1],
    flops: 2 * length,
    bytes: 4 * length,
    body: `
var<workgroup> shares: array<f32, ${NORM_WORKGROUP}>;
@compute @workgroup_size(${NORM_WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = group.x * ${NORM_WORKGROUP}u + lane; i < ${length}u; i += ${groups * NORM_WORKGROUP}u) {
    ${penalised ? `gradient[i] += ${(2 * l2).toPrecision(9)} * scaler[0] * flags[i / 64u] * weights[i];` : ''}
    let g = gradient[i];
    sum += g * g;
  }
  shares[lane] = sum;
  workgroupBarrier();
  for (var half = ${NORM_WORKGROUP / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { shares[lane] += shares[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) { partials[group.x] = shares[0]; }
}`,
  });
}
