import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { tf } from '../tf';
import { runProgram } from './program';

/** `x + bias`, the bias `[channels]` over the last axis of `x`: tfjs works out coordinates for each element of it. */
export function biasAdd(backend: WebGPUBackend, x: tf.TensorInfo, bias: tf.TensorInfo): tf.TensorInfo {
  const [channels] = bias.shape;
  const length = x.shape.reduce((product, side) => product * side, 1);
  const lanes = channels % 4 === 0 ? 4 : 1;
  return runProgram(
    backend,
    {
      key: `bias_add_${lanes}`,
      outputShape: x.shape,
      threads: length / lanes,
      inputs: ['x', 'bias'],
      components: [lanes, lanes],
      outputComponent: lanes,
      uniforms: { channels: channels / lanes },
      body: 'result[index] = x[index] + bias[index % uniforms.channels];',
    },
    [x, bias],
  );
}
