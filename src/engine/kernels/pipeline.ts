/** A compute pipeline of our own with its buffers bound: what the arena's kernels are made of. */

/** Invocations of a workgroup. */
export const WORKGROUP = 64;

/** Records one dispatch of `code` (entry point `main`) over `buffers`, bound in order from 0. */
export function dispatcher(
  device: GPUDevice,
  label: string,
  code: string,
  buffers: GPUBuffer[],
  workgroups: number,
): (encoder: GPUCommandEncoder) => void {
  const pipeline = device.createComputePipeline({
    label,
    layout: 'auto',
    compute: { module: device.createShaderModule({ label, code }), entryPoint: 'main' },
  });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return (encoder) => {
    const pass = encoder.beginComputePass({ label });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(workgroups);
    pass.end();
  };
}

/** Workgroups for `length` elements, `each` of them an invocation, within what one dimension of a dispatch may hold. */
export function workgroupsFor(length: number, each: number): number {
  return Math.max(1, Math.min(65535, Math.ceil(length / (WORKGROUP * each))));
}
