import { makeKernel, type Kernel, type Target } from '../kernel';
import type { UpdateRule } from '../update-rule';

const WORKGROUP = 64;

/** What one update kernel is made for. */
export interface ParameterUpdate {
  /** Numbers in each vector, a multiple of 4. */
  length: number;
  /** Partial sums of squares that the norm is made of. */
  partials: number;
  /** Decay of the moving average; null: there is none. */
  ema: number | null;
  clipEpsilon: number;
  target: Target;
}

/**
 * Norm, finite check, clipping, and the update of every weight, slot and average in place by `rule`.
 *
 * Bindings: `weights`, `gradients`, `partials`, `scalars` (the rule's, then the largest norm, 0 for none), `scaler` (the
 * loss scale first), `result` (gets norm, 1 where finite, the scale), one for each slot, and the average.
 */
export function parameterUpdate(rule: UpdateRule, update: ParameterUpdate): Kernel {
  const { length, partials, ema, clipEpsilon, target } = update;
  const { software } = target;
  // Every invocation, or on GPUs every workgroup, adds the few partial sums up itself, which spares a dispatch. Software
  // adapters pay for barriers, so that few invocations take many numbers there.
  const size = software ? 4 : WORKGROUP;
  const groups = Math.max(1, Math.min(software ? 16 : 8192, Math.ceil(length / (4 * size))));
  const four = { access: 'read_write', storage: 'float32', fours: true } as const;
  const { slots, scalars } = rule;
  return makeKernel({
    name: 'parameter update',
    bindings: [
      { name: 'weights', ...four },
      { name: 'gradients', ...four, access: 'read' },
      { name: 'partials', access: 'read', storage: 'float32' },
      { name: 'scalars', access: 'read', storage: 'float32' },
      { name: 'scaler', access: 'read', storage: 'float32' },
      { name: 'outcome', access: 'read_write', storage: 'float32' },
      ...slots.map((name) => ({ name: `slot_${name}`, ...four })),
      ...(ema === null ? [] : [{ name: 'averages', ...four }]),
    ],
    workgroups: [groups, 1, 1],
    flops: 10 * length,
    bytes: 4 * length * (3 + 2 * slots.length + (ema === null ? 0 : 2)),
    body: `
${software ? '' : `var<workgroup> shares: array<f32, ${WORKGROUP}>;`}
// What is no number is neither equal to itself nor below the largest one; compilers may take the first test away.
fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  ${software ? addedAlone(partials) : addedTogether(partials)}
  let unscale = 1.0 / scaler[0];
  let norm = sqrt(squares) * unscale;
  let sound = finite(squares);
  if (group.x == 0u && lane == 0u) {
    outcome[0] = norm;
    outcome[1] = select(0.0, 1.0, sound);
    outcome[2] = scaler[0];
  }
  if (!sound) { return; }
  let most = scalars[${scalars.length}];
  var factor = unscale;
  if (most > 0.0 && norm + ${clipEpsilon} > most) { factor *= most / (norm + ${clipEpsilon}); }
  ${scalars.map((name, i) => `let ${name} = scalars[${i}];`).join('\n  ')}
  for (var i = group.x * ${size}u + lane; i < ${length / 4}u; i += ${groups * size}u) {
    let g = gradients[i] * factor;
    var w = weights[i];
    ${slots.map((name) => `var ${name} = slot_${name}[i];`).join('\n    ')}
    ${rule.wgsl}
    weights[i] = w;
    ${slots.map((name) => `slot_${name}[i] = ${name};`).join('\n    ')}
    ${ema === null ? '' : `averages[i] = ${ema.toPrecision(9)} * averages[i] + ${(1 - ema).toPrecision(9)} * w;`}
  }
}`,
  });
}

const addedAlone = (partials: number): string => `var squares = 0.0;
  for (var i = 0u; i < ${partials}u; i++) { squares += partials[i]; }`;

const addedTogether = (partials: number): string => `var share = 0.0;
  for (var i = lane; i < ${partials}u; i += ${WORKGROUP}u) { share += partials[i]; }
  shares[lane] = share;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { shares[lane] += shares[lane + half]; }
    workgroupBarrier();
  }
  let squares = shares[0];`;
