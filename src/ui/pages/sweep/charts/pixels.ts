/** Pixels written by hand: premultiplied colours, one number each, red in the lowest byte as canvases store them. */
import type { Rgb } from './palette';

/** A premultiplied colour; `alpha` 0 to 1. */
export function packed([red, green, blue]: Rgb, alpha: number): number {
  const channel = (value: number): number => Math.floor(value * alpha);
  return ((channel(255) << 24) | (channel(blue) << 16) | (channel(green) << 8) | channel(red)) >>> 0;
}

/** For each alpha, what a premultiplied channel is multiplied by (in 1/65536) to be a plain one. */
const INVERSE = Uint32Array.from({ length: 256 }, (_, alpha) => (alpha === 0 ? 0 : Math.round((255 * 65536) / alpha)));

/** A premultiplied pixel as a plain one. */
export function plain(pixel: number): number {
  const alpha = pixel >>> 24;
  if (alpha === 0 || alpha === 255) return pixel;
  const inverse = INVERSE[alpha];
  const red = Math.min(255, ((pixel & 0xff) * inverse) >>> 16);
  const green = Math.min(255, (((pixel >>> 8) & 0xff) * inverse) >>> 16);
  const blue = Math.min(255, (((pixel >>> 16) & 0xff) * inverse) >>> 16);
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Lays a premultiplied opaque colour over a pixel, `cover` of it in 1/256. */
export function over(below: number, color: number, cover: number): number {
  const rest = 256 - cover;
  const low = (Math.imul(color & 0xff00ff, cover) + Math.imul(below & 0xff00ff, rest)) >>> 8;
  const high = Math.imul((color >>> 8) & 0xff00ff, cover) + Math.imul((below >>> 8) & 0xff00ff, rest);
  return ((low & 0xff00ff) | (high & 0xff00ff00)) >>> 0;
}
