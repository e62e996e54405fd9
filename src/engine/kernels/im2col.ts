/** Images as matrices of windows and back: what turns a convolution into a matrix product. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { tf } from '../tf';
import { runProgram } from './program';

/** A convolution's geometry: channels last, no dilation. */
export type ConvInfo = tf.backend_util.Conv2DInfo;

function geometry(info: ConvInfo): Record<string, number> {
  return {
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    channels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

/**
 * Windows of `examples` images from `first` on, a row for each output pixel.
 * @param x `[batch, height, width, channels]`
 * @returns `[examples · outHeight · outWidth, filterHeight · filterWidth · channels]`
 */
export function im2col(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  info: ConvInfo,
  first = 0,
  examples = info.batchSize,
): tf.TensorInfo {
  const taps = info.filterHeight * info.filterWidth;
  const pixels = examples * info.outHeight * info.outWidth;
  return runProgram(
    backend,
    {
      key: 'im2col',
      outputShape: [pixels, taps * info.inChannels],
      // One invocation copies the channels of one tap of one window.
      threads: pixels * taps,
      inputs: ['x'],
      uniforms: { first, taps, ...geometry(info) },
      body: `
        let tap = index % uniforms.taps;
        let pixel = index / uniforms.taps;
        let outX = pixel % uniforms.outWidth;
        let outY = (pixel / uniforms.outWidth) % uniforms.outHeight;
        let example = uniforms.first + pixel / (uniforms.outWidth * uniforms.outHeight);
        let inX = outX * uniforms.strideX - uniforms.padLeft + tap % uniforms.filterWidth;
        let inY = outY * uniforms.strideY - uniforms.padTop + tap / uniforms.filterWidth;
        let goal = index * uniforms.channels;
        if (inX >= 0 && inX < uniforms.inWidth && inY >= 0 && inY < uniforms.inHeight) {
          let source = ((example * uniforms.inHeight + inY) * uniforms.inWidth + inX) * uniforms.channels;
          for (var channel = 0; channel < uniforms.channels; channel++) {
            result[goal + channel] = x[source + channel];
          }
        } else {
          for (var channel = 0; channel < uniforms.channels; channel++) {
            result[goal + channel] = 0.0;
          }
        }`,
    },
    [x],
  );
}

/**
 * The transpose of `im2col` over the whole batch: every input pixel adds up what the windows that see it hold for it, in
 * a fixed order.
 * @param columns `[batch · outHeight · outWidth, filterHeight · filterWidth · channels]`
 * @returns `[batch, height, width, channels]`
 */
export function col2im(backend: WebGPUBackend, columns: tf.TensorInfo, info: ConvInfo): tf.TensorInfo {
  return runProgram(
    backend,
    {
      key: 'col2im',
      outputShape: info.inShape,
      threads: info.batchSize * info.inHeight * info.inWidth * info.inChannels,
      inputs: ['columns'],
      uniforms: geometry(info),
      body: `
        let channel = index % uniforms.channels;
        let pixel = index / uniforms.channels;
        let inX = pixel % uniforms.inWidth + uniforms.padLeft;
        let inY = (pixel / uniforms.inWidth) % uniforms.inHeight + uniforms.padTop;
        let example = pixel / (uniforms.inWidth * uniforms.inHeight);
        let width = uniforms.filterHeight * uniforms.filterWidth * uniforms.channels;
        var sum = 0.0;
        for (var tapY = 0; tapY < uniforms.filterHeight; tapY++) {
          let outY = (inY - tapY) / uniforms.strideY;
          if (inY < tapY || outY * uniforms.strideY != inY - tapY || outY >= uniforms.outHeight) { continue; }
          for (var tapX = 0; tapX < uniforms.filterWidth; tapX++) {
            let outX = (inX - tapX) / uniforms.strideX;
            if (inX < tapX || outX * uniforms.strideX != inX - tapX || outX >= uniforms.outWidth) { continue; }
            let row = (example * uniforms.outHeight + outY) * uniforms.outWidth + outX;
            sum += columns[row * width + (tapY * uniforms.filterWidth + tapX) * uniforms.channels + channel];
          }
        }
        result[index] = sum;`,
    },
    [columns],
  );
}
