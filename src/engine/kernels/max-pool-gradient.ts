import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { tf } from '../tf';
import { runProgram } from './program';

/**
 * Gradient of max pooling over windows that do not overlap and have no padding: each window hands its gradient to its
 * first largest element, in one dispatch.
 * @param dy `[batch, outHeight, outWidth, channels]`
 * @param x `[batch, height, width, channels]`
 */
export function maxPoolGradient(
  backend: WebGPUBackend,
  dy: tf.TensorInfo,
  x: tf.TensorInfo,
  info: tf.backend_util.Conv2DInfo,
): tf.TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  // Windows that the pooling left out at the lower and right edge are visited too: their gradient is 0.
  const [down, across] = [Math.ceil(inHeight / filterHeight), Math.ceil(inWidth / filterWidth)];
  return runProgram(
    backend,
    {
      key: 'max_pool_gradient',
      outputShape: x.shape,
      threads: batchSize * down * across * inChannels,
      inputs: ['dy', 'x'],
      uniforms: {
        inHeight,
        inWidth,
        channels: inChannels,
        outHeight,
        outWidth,
        filterHeight,
        filterWidth,
        down,
        across,
      },
      body: `
        let channel = index % uniforms.channels;
        let outX = (index / uniforms.channels) % uniforms.across;
        let outY = (index / (uniforms.channels * uniforms.across)) % uniforms.down;
        let example = index / (uniforms.channels * uniforms.across * uniforms.down);
        let inside = outX < uniforms.outWidth && outY < uniforms.outHeight;
        let base = example * uniforms.inHeight * uniforms.inWidth * uniforms.channels + channel;
        let lastY = min((outY + 1) * uniforms.filterHeight, uniforms.inHeight);
        let lastX = min((outX + 1) * uniforms.filterWidth, uniforms.inWidth);
        let firstY = outY * uniforms.filterHeight;
        let firstX = outX * uniforms.filterWidth;
        var best = base + (firstY * uniforms.inWidth + firstX) * uniforms.channels;
        var most = x[best];
        for (var y = firstY; y < lastY; y++) {
          for (var column = firstX; column < lastX; column++) {
            let at = base + (y * uniforms.inWidth + column) * uniforms.channels;
            result[at] = 0.0;
            if (x[at] > most) {
              most = x[at];
              best = at;
            }
          }
        }
        if (inside) {
          let source = ((example * uniforms.outHeight + outY) * uniforms.outWidth + outX) * uniforms.channels + channel;
          result[best] = dy[source];
        }`,
    },
    [dy, x],
  );
}
