import type { UpdateRule } from '../update-rule';
import { dispatcher, WORKGROUP, workgroupsFor } from './pipeline';

/** Flat buffers of `length` floats each; `norm` holds one, `scalars` the rule's scalars and then the largest norm. */
export interface UpdateBuffers {
  weight: GPUBuffer;
  gradient: GPUBuffer;
  norm: GPUBuffer;
  scalars: GPUBuffer;
  slots: GPUBuffer[];
}

/** One dispatch that clips the gradient and updates every weight and slot in place by `rule`. */
export function parameterUpdate(
  device: GPUDevice,
  rule: UpdateRule,
  buffers: UpdateBuffers,
  length: number,
  clipEpsilon: number,
): (encoder: GPUCommandEncoder) => void {
  const workgroups = workgroupsFor(length, 4);
  const slots = rule.slots;
  const code = `
@group(0) @binding(0) var<storage, read_write> weights: array<f32>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read> scalars: array<f32>;
${slots.map((name, i) => `@group(0) @binding(${4 + i}) var<storage, read_write> slot_${name}: array<f32>;`).join('\n')}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let most = scalars[${rule.scalars.length}];
  var factor = 1.0;
  // Written so that a NaN norm makes a NaN gradient, which the next loss shows.
  if (most > 0.0 && !(norm[0] + ${clipEpsilon} <= most)) {
    factor = most / (norm[0] + ${clipEpsilon});
  }
${rule.scalars.map((name, i) => `  let ${name} = scalars[${i}];`).join('\n')}
  for (var i = id.x; i < ${length}u; i += ${workgroups * WORKGROUP}u) {
    let g = gradients[i] * factor;
    var w = weights[i];
${slots.map((name) => `    var ${name} = slot_${name}[i];`).join('\n')}
${rule.wgsl}
    weights[i] = w;
${slots.map((name) => `    slot_${name}[i] = ${name};`).join('\n')}
  }
}`;
  const { weight, gradient, norm, scalars } = buffers;
  return dispatcher(device, 'parameter update', code, [weight, gradient, norm, scalars, ...buffers.slots], workgroups);
}
