import { dispatcher, WORKGROUP } from './pipeline';

/** Most invocations that share the sum; the second dispatch adds up one number of each. */
const MOST_PARTIALS = 16384;

/**
 * Writes the Euclidean norm of `gradient` (`length` floats) to `norm[0]`. Two dispatches in a fixed order of additions:
 * no atomics, so the bits repeat.
 */
export function gradientNorm(
  device: GPUDevice,
  gradient: GPUBuffer,
  norm: GPUBuffer,
  length: number,
): (encoder: GPUCommandEncoder) => void {
  const workgroups = Math.min(MOST_PARTIALS / WORKGROUP, Math.ceil(length / (WORKGROUP * 64)) || 1);
  const partials = workgroups * WORKGROUP;
  const buffer = device.createBuffer({ size: 4 * partials, usage: GPUBufferUsage.STORAGE });
  const squares = dispatcher(
    device,
    'gradient squares',
    `
@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var sum = 0.0;
  for (var i = id.x; i < ${length}u; i += ${partials}u) {
    sum += gradient[i] * gradient[i];
  }
  partials[id.x] = sum;
}`,
    [gradient, buffer],
    workgroups,
  );
  const total = dispatcher(
    device,
    'gradient norm',
    `
@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
var<workgroup> sums: array<f32, ${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) at: u32) {
  var sum = 0.0;
  for (var i = at; i < ${partials}u; i += ${WORKGROUP}u) {
    sum += partials[i];
  }
  sums[at] = sum;
  workgroupBarrier();
  if (at == 0u) {
    for (var i = 1u; i < ${WORKGROUP}u; i++) {
      sum += sums[i];
    }
    norm[0] = sqrt(sum);
  }
}`,
    [buffer, norm],
    1,
  );
  return (encoder) => {
    squares(encoder);
    total(encoder);
  };
}
