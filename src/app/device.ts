/** What this browser would train on, asked without loading the engine. The trainer's own word, once it runs, counts. */
import type { BackendInfo } from '../store/schema';

/** Looks for a WebGPU adapter, then WebGL 2; the CPU is always there. */
export async function probeDevice(): Promise<BackendInfo> {
  const gpu = await webgpu();
  if ('info' in gpu) return gpu.info;
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (context) {
    const renderer = String(context.getParameter(context.RENDERER));
    return {
      backend: 'webgl',
      adapter: renderer,
      software: /swiftshader|llvmpipe/i.test(renderer),
      reason: gpu.missing,
    };
  }
  return { backend: 'cpu', adapter: 'cpu', software: true, reason: `${gpu.missing} WebGL 2 is missing too.` };
}

async function webgpu(): Promise<{ info: BackendInfo } | { missing: string }> {
  if (!('gpu' in navigator)) return { missing: 'This browser has no WebGPU.' };
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { missing: 'The browser offers no WebGPU adapter.' };
    const { vendor, architecture, description } = adapter.info;
    const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
    const software = adapter.info.isFallbackAdapter || architecture === 'swiftshader';
    return { info: { backend: 'webgpu', adapter: name, software, reason: 'WebGPU is available.' } };
  } catch (error) {
    return { missing: `WebGPU failed: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

/** Bytes that this origin uses and may use. */
export async function storageUse(): Promise<{ used: number; quota: number }> {
  const { usage, quota } = await navigator.storage.estimate();
  return { used: usage ?? 0, quota: quota ?? 0 };
}
