import { dispatcher, WORKGROUP, workgroupsFor } from './pipeline';

/** Adds `addend` to `sum`, `length` floats each. */
export function gradientSum(
  device: GPUDevice,
  sum: GPUBuffer,
  addend: GPUBuffer,
  length: number,
): (encoder: GPUCommandEncoder) => void {
  const workgroups = workgroupsFor(length, 4);
  const code = `
@group(0) @binding(0) var<storage, read_write> sum: array<f32>;
@group(0) @binding(1) var<storage, read> addend: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var i = id.x; i < ${length}u; i += ${workgroups * WORKGROUP}u) {
    sum[i] += addend[i];
  }
}`;
  return dispatcher(device, 'gradient sum', code, [sum, addend], workgroups);
}
