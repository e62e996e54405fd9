/** Images as inputs of a model: their size, and the standardisation of each channel. */
import type { ImageDatasetRow } from '../../store/schema';
import type { ImageShape } from '../images/decode';

/** Longest side of images whose size the config does not set. */
export const DEFAULT_MAX_SIDE = 64;

/** The shape that images are scaled to: `size` × `size`, or their own, at most 64 on the longer side. */
export function inputShape({ image }: ImageDatasetRow, size: number | null): ImageShape {
  const { height, width, channels } = image;
  if (size !== null) return { height: size, width: size, channels };
  const scale = Math.min(1, DEFAULT_MAX_SIDE / Math.max(height, width));
  return {
    height: Math.max(1, Math.round(height * scale)),
    width: Math.max(1, Math.round(width * scale)),
    channels,
  };
}

/** Mean and standard deviation of every channel of the training images, of pixels as 0 … 1. */
export function fitImages(
  pixels: Uint8Array,
  { height, width, channels }: ImageShape,
  train: Uint32Array,
): { mean: number[]; std: number[] } {
  const size = height * width * channels;
  // Whole counts of each grey value: exact, and independent of the order of the images.
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  for (const example of train) {
    const start = example * size;
    for (let i = 0; i < size; i++) counts[i % channels][pixels[start + i]]++;
  }
  const total = train.length * height * width;
  const mean = counts.map((count) => count.reduce((sum, n, value) => sum + (n * value) / 255, 0) / total);
  const std = counts.map((count, c) => {
    const variance = count.reduce((sum, n, value) => sum + n * (value / 255 - mean[c]) ** 2, 0) / total;
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  return { mean, std };
}

/** Writes images into batches as `(pixel / 255 - mean) / std`, by a table of the 256 values of each channel. */
export function imageInputs(
  pixels: Uint8Array,
  { height, width, channels }: ImageShape,
  { mean, std }: { mean: number[]; std: number[] },
): (indices: ArrayLike<number>) => Float32Array {
  const size = height * width * channels;
  const table = new Float32Array(channels * 256);
  for (let c = 0; c < channels; c++) {
    for (let value = 0; value < 256; value++) table[c * 256 + value] = (value / 255 - mean[c]) / std[c];
  }
  return (indices) => {
    const out = new Float32Array(indices.length * size);
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i] * size;
      const to = i * size;
      if (channels === 1) for (let k = 0; k < size; k++) out[to + k] = table[pixels[from + k]];
      else for (let k = 0; k < size; k++) out[to + k] = table[(k % channels) * 256 + pixels[from + k]];
    }
    return out;
  };
}
