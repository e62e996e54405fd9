/** Counts what an engine asks of WebGPU, whatever engine it is: dispatches, and bytes of buffers that live. */

/** Counts since they were installed. */
export interface Counters {
  dispatches: number;
  bytes: number;
  peak: number;
}

/** Wraps the prototypes of this worker's WebGPU. Call once, before the engine starts. */
export function installCounters(): Counters {
  const counters: Counters = { dispatches: 0, bytes: 0, peak: 0 };
  const pass = GPUComputePassEncoder.prototype;
  const dispatch = pass.dispatchWorkgroups;
  pass.dispatchWorkgroups = function (this: GPUComputePassEncoder, ...args) {
    counters.dispatches++;
    return dispatch.apply(this, args);
  };
  const sizes = new WeakMap<GPUBuffer, number>();
  const device = GPUDevice.prototype;
  const create = device.createBuffer;
  device.createBuffer = function (this: GPUDevice, descriptor) {
    const buffer = create.call(this, descriptor);
    sizes.set(buffer, descriptor.size);
    counters.bytes += descriptor.size;
    counters.peak = Math.max(counters.peak, counters.bytes);
    return buffer;
  };
  const destroy = GPUBuffer.prototype.destroy;
  GPUBuffer.prototype.destroy = function (this: GPUBuffer) {
    counters.bytes -= sizes.get(this) ?? 0;
    sizes.delete(this);
    return destroy.call(this);
  };
  return counters;
}
