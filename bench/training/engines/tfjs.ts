/**
 * Stock TensorFlow.js 4.22 on its own WebGPU backend: its fused products and convolutions, its optimizer, everything in a
 * tidy, and nothing read back but the loss. The model is Lathe's, made of tfjs's ops alone: that is what it falls back to
 * where its own backend is not the current one.
 */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { PassCounter } from '../../../src/engine/pass-counter';
import { tf } from '../../../src/engine/tf';
import { buildModel } from '../../../src/models/model';
import { ADAM, factorsOf } from '../workloads';
import type { Engine } from './engine';

/** The engine. */
export const tfjs: Engine = {
  async prepare({ model: settings, io, batch }) {
    await start();
    const model = buildModel(settings, io, 1);
    const variables = model.weights.map(({ variable }) => variable);
    const optimizer = tf.train.adam(ADAM.learning_rate, ADAM.beta1, ADAM.beta2, ADAM.epsilon);
    const counter = new PassCounter();
    return {
      async step({ inputs, targets }) {
        const loss = tf.tidy((): tf.Scalar => {
          const shape = [batch, ...io.input_shape];
          const x = io.tokens ? tf.tensor(Int32Array.from(inputs), shape, 'int32') : tf.tensor(inputs, shape);
          const hot = tf.oneHot(tf.tensor1d(targets, 'int32'), io.outputs);
          const value = optimizer.minimize(
            () => {
              const { tensor } = model.forward(x, { training: true, counter });
              return tf.losses.softmaxCrossEntropy(hot, tensor).asScalar();
            },
            true,
            variables,
          );
          if (!value) throw new Error('tfjs gave no loss.');
          return value;
        });
        const [value] = await loss.data();
        loss.dispose();
        return value;
      },
    };
  },

  async prepareProduct({ side, ...workload }) {
    await start();
    const [a, b] = factorsOf({ side, ...workload }).map((factor) => tf.tensor2d(factor, [side, side]));
    return async () => {
      const first = tf.tidy(() => tf.slice(tf.matMul(a, b), [0, 0], [1, 1]));
      const [value] = await first.data();
      first.dispose();
      return value;
    };
  },
};

/** Makes tfjs's own backend current, on a device with the limits that its own start-up asks for. */
async function start(): Promise<void> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('There is no WebGPU adapter.');
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  const backend = new WebGPUBackend(device, adapter.info);
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend);
  await tf.setBackend('webgpu');
}
