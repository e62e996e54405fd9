/**
 * One device for every backend that a page or a worker starts. On a software adapter a training of a few steps is hardly
 * anything but the compiling of its kernels, and each device compiles its own. Backends stay apart in everything else.
 */

/** From now on devices are kept, with their pipelines, until the returned function is called. Not for tests that lose one. */
export function keepDevices(): () => void {
  const requestDevice = Reflect.get(GPUAdapter.prototype, 'requestDevice');
  const kept = new Map<string, Promise<Kept>>();
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, descriptor) {
    const { requiredFeatures = [], requiredLimits = {} } = descriptor ?? {};
    const key = JSON.stringify([[...requiredFeatures], requiredLimits]);
    const device = kept.get(key) ?? requestDevice.call(this, descriptor).then(keep);
    kept.set(key, device);
    return (await device).device;
  };
  return () => {
    GPUAdapter.prototype.requestDevice = requestDevice;
    for (const device of kept.values()) void device.then(({ destroy }) => destroy());
  };
}

interface Kept {
  device: GPUDevice;
  destroy: () => void;
}

function keep(device: GPUDevice): Kept {
  const createShaderModule = device.createShaderModule.bind(device);
  const createComputePipeline = device.createComputePipeline.bind(device);
  const destroy = device.destroy.bind(device);
  const modules = new Map<string, GPUShaderModule>();
  const pipelines = new Map<GPUShaderModule, GPUComputePipeline>();
  device.createShaderModule = (descriptor) => {
    const module = modules.get(descriptor.code) ?? createShaderModule(descriptor);
    modules.set(descriptor.code, module);
    return module;
  };
  // Every module here has one entry point, no constants, and bindings that follow from its code.
  device.createComputePipeline = (descriptor) => {
    const { module } = descriptor.compute;
    const pipeline = pipelines.get(module) ?? createComputePipeline(descriptor);
    pipelines.set(module, pipeline);
    return pipeline;
  };
  device.destroy = () => undefined;
  return { device, destroy };
}
