/**
 * Scaling of raw pixels: a triangle filter, widened where the image shrinks so that every pixel counts (Pillow's BILINEAR).
 * Arithmetic alone, so the same pixels come out everywhere.
 */
import type { ImageShape } from './decode';

/** Scales one image of uint8 `[height, width, channels]` to `to.height` × `to.width`; the channels stay. */
export function resizePixels(pixels: Uint8Array, from: ImageShape, to: { height: number; width: number }): Uint8Array {
  const { channels } = from;
  const across = weights(from.width, to.width);
  const down = weights(from.height, to.height);
  const middle = new Float32Array(from.height * to.width * channels);
  for (let y = 0; y < from.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const { start, factors } = across[x];
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < factors.length; k++)
          sum += factors[k] * pixels[(y * from.width + start + k) * channels + c];
        middle[(y * to.width + x) * channels + c] = sum;
      }
    }
  }
  const out = new Uint8Array(to.height * to.width * channels);
  const row = to.width * channels;
  for (let y = 0; y < to.height; y++) {
    const { start, factors } = down[y];
    for (let i = 0; i < row; i++) {
      let sum = 0;
      for (let k = 0; k < factors.length; k++) sum += factors[k] * middle[(start + k) * row + i];
      out[y * row + i] = Math.round(sum);
    }
  }
  return out;
}

/** For each output position, the input positions that it is made of and their shares, which sum to 1. */
function weights(from: number, to: number): { start: number; factors: number[] }[] {
  const scale = from / to;
  const support = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - support));
    const end = Math.min(from, Math.ceil(centre + support));
    const raw = Array.from({ length: end - start }, (_, k) =>
      Math.max(0, 1 - Math.abs(start + k + 0.5 - centre) / support),
    );
    const total = raw.reduce((sum, factor) => sum + factor, 0);
    return { start, factors: raw.map((factor) => factor / total) };
  });
}
