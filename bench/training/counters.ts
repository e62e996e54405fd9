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
  const sizes = new WeakMap<GPUBuffer, number>();
  observe<GPUComputePassEncoder, Parameters<GPUComputePassEncoder['dispatchWorkgroups']>, undefined>(
    GPUComputePassEncoder.prototype,
    'dispatchWorkgroups',
    () => void counters.dispatches++,
  );
  observe<GPUDevice, [GPUBufferDescriptor], GPUBuffer>(GPUDevice.prototype, 'createBuffer', (_, [{ size }], buffer) => {
    sizes.set(buffer, size);
    counters.bytes += size;
    counters.peak = Math.max(counters.peak, counters.bytes);
  });
  observe<GPUBuffer, [], undefined>(GPUBuffer.prototype, 'destroy', (buffer) => {
    counters.bytes -= sizes.get(buffer) ?? 0;
    sizes.delete(buffer);
  });
  return counters;
}

/** Has `seen` called after each call of a method, whatever object it is called on. */
function observe<Owner extends object, Args extends unknown[], Result>(
  prototype: Owner,
  name: string,
  seen: (owner: Owner, args: Args, result: Result) => void,
): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  const method: unknown = descriptor?.value;
  if (typeof method !== 'function') throw new TypeError(`WebGPU has no ${name} here.`);
  Object.defineProperty(prototype, name, {
    ...descriptor,
    value(this: Owner, ...args: Args): Result {
      const result = Reflect.apply(method, this, args) as Result;
      seen(this, args, result);
      return result;
    },
  });
}
