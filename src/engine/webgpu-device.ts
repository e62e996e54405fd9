/** Lathe's own WebGPU device: the adapter's limits raised, the useful optional features on. */
import { LatheError } from '../base/errors';

/** A device with what is known about its adapter. */
export interface AdapterDevice {
  device: GPUDevice;
  adapterInfo: GPUAdapterInfo;
  /** `vendor architecture description`, as far as the browser tells. */
  name: string;
  software: boolean;
}

/** Limits that are raised to what the adapter offers; large tensors and large tiles need them. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies (keyof GPUSupportedLimits)[];

/** Features that are switched on where the adapter has them. */
const FEATURES: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/**
 * Requests the fastest adapter and a device on it.
 * @throws LatheError of kind `backend` that says why there is none.
 */
export async function requestAdapterDevice(): Promise<AdapterDevice> {
  // Typed as always present, absent in browsers without WebGPU and in insecure contexts.
  const gpu: GPU | undefined = navigator.gpu;
  if (!gpu) throw new LatheError('backend', 'this browser has no WebGPU here');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new LatheError('backend', 'the browser found no adapter');
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  const info = adapter.info;
  const name = [info.vendor, info.architecture, info.description].filter((part) => part !== '').join(' ');
  return {
    device,
    adapterInfo: info,
    name: name || 'unnamed adapter',
    software: info.isFallbackAdapter || SOFTWARE.test(name),
  };
}
