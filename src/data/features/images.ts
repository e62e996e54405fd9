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

/** What each of the 256 values of every channel becomes, one channel after another: `(pixel / 255 - mean) / std`. */
export function pixelTable({ mean, std }: { mean: number[]; std: number[] }): Float32Array {
  const table = new Float32Array(mean.length * 256);
  for (let c = 0; c < mean.length; c++) {
    for (let value = 0; value < 256; value++) table[c * 256 + value] = (value / 255 - mean[c]) / std[c];
  }
  return table;
}

/** Writes images into batches as `(pixel / 255 - mean) / std`, by a table of the 256 values of each channel. */
export function imageInputs(
  pixels: Uint8Array,
  { height, width, channels }: ImageShape,
  scale: { mean: number[]; std: number[] },
): (indices: ArrayLike<number>) => Float32Array {
  const size = height * width * channels;
  const table = pixelTable(scale);
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

/**
 * An image as it went into a model, as pixels to be shown: red, green, blue and alpha, `[height, width, 4] uint8`; null where
 * its channels are no colours.
 */
export function shownPixels(
  input: Float32Array,
  { height, width, channels }: ImageShape,
  { mean, std }: { mean: number[]; std: number[] },
): Uint8ClampedArray<ArrayBuffer> | null {
  if (channels !== 1 && channels !== 3 && channels !== 4) return null;
  const pixels = new Uint8ClampedArray(4 * height * width);
  for (let i = 0; i < height * width; i++) {
    const level = (c: number): number => 255 * (input[i * channels + c] * std[c] + mean[c]);
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = level(channels === 1 ? 0 : c);
    pixels[4 * i + 3] = channels === 4 ? level(3) : 255;
  }
  return pixels;
}
