/**
 * tfjs, kept behind this one module: everything else imports `tf` from here. Importing it registers the `cpu` and
 * `webgl` backends; WebGPU is registered by `backend.ts`, on a device that Lathe requests itself.
 */
export * as tf from '@tensorflow/tfjs';
