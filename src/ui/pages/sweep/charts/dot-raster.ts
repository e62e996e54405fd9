/** Many points at once: one picture of a disc, stamped into the pixels of all. */
import { over, packed, plain } from './pixels';
import type { Rgb } from './palette';

/** Points of the plane. */
export interface Dots {
  /** By point, in device pixels. */
  x: Float32Array;
  y: Float32Array;
  /** Points to draw, in order: the last is on top. */
  order: Int32Array;
  /** Colour of each point, an index into `inks`. */
  ink: Uint8Array;
  inks: readonly Ink[];
}

/** How points are drawn. */
export interface Ink {
  color: Rgb;
  /** 0 to 1. */
  alpha: number;
  /** In device pixels. */
  radius: number;
  /** Colour of a rim one pixel wide around the disc, which tells neighbours apart; null for none. */
  rim: Rgb | null;
}

/** Draws discs on a clear ground; `width` and `height` are in device pixels. */
export function rasterDots({ x, y, order, ink, inks }: Dots, width: number, height: number): ImageData {
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const stamps = inks.map(({ color, alpha, radius, rim }) => ({
    color: packed(color, 1),
    disc: disc(radius, alpha),
    rim: rim && { color: packed(rim, 1), disc: disc(radius + 1, alpha) },
  }));
  for (let at = 0; at < order.length; at++) {
    const point = order[at];
    const cx = Math.floor(x[point]);
    const cy = Math.floor(y[point]);
    const { color, disc: inner, rim } = stamps[ink[point]];
    if (rim) stamp(pixels, width, height, cx, cy, rim.disc, rim.color);
    stamp(pixels, width, height, cx, cy, inner, color);
  }
  for (let at = 0; at < pixels.length; at++) if (pixels[at] !== 0) pixels[at] = plain(pixels[at]);
  return image;
}

/** How much of each pixel around the middle a disc covers, in 1/256. */
interface Disc {
  reach: number;
  cover: Uint16Array;
}

function disc(radius: number, alpha: number): Disc {
  const reach = Math.ceil(radius);
  const side = 2 * reach + 1;
  const cover = Uint16Array.from({ length: side * side }, (_, i) => {
    const distance = Math.hypot((i % side) - reach, Math.floor(i / side) - reach);
    // A border of one pixel, from covered to clear.
    return Math.round(256 * alpha * Math.min(1, Math.max(0, radius + 0.5 - distance)));
  });
  return { reach, cover };
}

function stamp(
  pixels: Uint32Array,
  width: number,
  height: number,
  cx: number,
  cy: number,
  { reach, cover }: Disc,
  color: number,
): void {
  const side = 2 * reach + 1;
  for (let dy = Math.max(-reach, -cy); dy <= Math.min(reach, height - 1 - cy); dy++) {
    for (let dx = Math.max(-reach, -cx); dx <= Math.min(reach, width - 1 - cx); dx++) {
      const share = cover[(dy + reach) * side + dx + reach];
      if (share === 0) continue;
      const at = (cy + dy) * width + cx + dx;
      pixels[at] = over(pixels[at], color, share);
    }
  }
}
