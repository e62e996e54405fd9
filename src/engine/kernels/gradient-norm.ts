import { makeKernel, type Kernel, type Target } from '../kernel';

/** Invocations of a workgroup that share a partial sum, on a GPU. */
const SHARED = 64;

/** Partial sums of a software adapter: an invocation each, since barriers cost more than adding up. */
const ALONE = 64;

/** Partial sums that a norm over `length` numbers leaves. */
export const normPartials = (length: number, { software }: Target): number =>
  software ? Math.min(ALONE, Math.ceil(length / 256)) : Math.min(256, Math.ceil(length / (SHARED * 16)));

/**
 * Sums of squares of a gradient in a fixed order of additions, `normPartials` of them. Where there is a penalty it is
 * first added: `gradient += 2 · l2 · scale · weights`, in blocks whose flag is 1.
 * Bindings: `gradient`, `partials`, and with a penalty `weights`, `flags` (one for each 64 numbers), `scaler`.
 * @param length A multiple of 64.
 */
export function gradientNorm(length: number, l2: number, target: Target): Kernel {
  const partials = normPartials(length, target);
  const penalised = l2 > 0;
  const stride = target.software ? partials : partials * SHARED;
  const sums = `
  var squares = vec4<f32>(0.0);
  for (var i = start; i < ${length / 4}u; i += ${stride}u) {
    var g = gradient[i];
    ${penalised ? `g += ${(2 * l2).toPrecision(9)} * scaler[0] * flags[i / 16u] * weights[i]; gradient[i] = g;` : ''}
    squares += g * g;
  }
  let sum = (squares.x + squares.y) + (squares.z + squares.w);`;
  const alone = `
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  let start = invocation.x;
  if (start >= ${partials}u) { return; }
  ${sums}
  partials[start] = sum;
}`;
  const shared = `
var<workgroup> shares: array<f32, ${SHARED}>;
@compute @workgroup_size(${SHARED})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let start = group.x * ${SHARED}u + lane;
  ${sums}
  shares[lane] = sum;
  workgroupBarrier();
  for (var half = ${SHARED / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { shares[lane] += shares[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) { partials[group.x] = shares[0]; }
}`;
  return makeKernel({
    name: 'gradient norm',
    bindings: [
      { name: 'gradient', access: penalised ? 'read_write' : 'read', storage: 'float32', fours: true },
      { name: 'partials', access: 'read_write', storage: 'float32' },
      ...(penalised
        ? ([
            { name: 'weights', access: 'read', storage: 'float32', fours: true },
            { name: 'flags', access: 'read', storage: 'float32' },
            { name: 'scaler', access: 'read', storage: 'float32' },
          ] as const)
        : []),
    ],
    workgroups: [target.software ? Math.ceil(partials / 4) : partials, 1, 1],
    flops: 2 * length,
    bytes: 4 * length,
    body: target.software ? alone : shared,
  });
}
