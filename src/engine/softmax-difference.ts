/** The gradient of softmax cross-entropy by its logits, in one dispatch on WebGPU. */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { runProgram } from './kernels/program';
import { tf } from './tf';

/**
 * `softmax(logits) · weight - target`, row by row.
 * @param logits `[n, classes]`
 * @param weight `[n, 1]`
 * @param target `[n, classes]`
 */
export function softmaxDifference(logits: tf.Tensor2D, weight: tf.Tensor2D, target: tf.Tensor2D): tf.Tensor2D {
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) return softmaxDifferenceOps(logits, weight, target);
  const [rows, classes] = logits.shape;
  const difference = runProgram(
    backend,
    {
      key: 'softmax_difference',
      outputShape: [rows, classes],
      // One invocation a row: rows are many and classes few.
      threads: rows,
      inputs: ['logits', 'weight', 'goal'],
      uniforms: { classes },
      workgroup: 16,
      body: `
        let first = index * uniforms.classes;
        let end = first + uniforms.classes;
        var most = logits[first];
        for (var i = first + 1; i < end; i++) { most = max(most, logits[i]); }
        var sum = 0.0;
        for (var i = first; i < end; i++) { sum += exp(logits[i] - most); }
        let scale = weight[index] / sum;
        for (var i = first; i < end; i++) { result[i] = exp(logits[i] - most) * scale - goal[i]; }`,
    },
    [logits, weight, target],
  );
  return tf.tidy(() => tf.engine().makeTensorFromTensorInfo(difference).as2D(rows, classes));
}

/** The same in tfjs ops: runs on every backend, and is the reference. */
export function softmaxDifferenceOps(logits: tf.Tensor2D, weight: tf.Tensor2D, target: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.sub(tf.mul(tf.softmax(logits), weight), target));
}
