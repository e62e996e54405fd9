/**
 * Many lines at once. A canvas takes more than a tenth of a second for the hundred thousand pieces of ten thousand trials;
 * writing the pixels here takes a third of that, on any device.
 */
import { packed, plain } from './pixels';
import type { Rgb } from './palette';

/** Lines through the same positions across. */
export interface Lines {
  /** Positions of the axes from the left, rising, in device pixels. */
  across: readonly number[];
  /** By axis and then row: how far down, in device pixels. */
  down: readonly Float32Array[];
  /** Rows to draw, in order: the last is on top. */
  rows: Int32Array;
  /** Colour of each row, an index into `colors`. */
  color: Uint8Array;
  colors: readonly Rgb[];
}

/**
 * Draws lines one device pixel wide, each covering a part of what is under it: 1, 2 or 3 halvings (`shift`).
 * @param width Of the picture, in device pixels; so is `height`.
 */
export function rasterLines(
  { across, down, rows, color, colors }: Lines,
  width: number,
  height: number,
  shift: 1 | 2 | 3,
): ImageData {
  // What stays of each byte after the shift, all four in one number.
  const mask = (0xff >> shift) * 0x01010101;
  const inks = Uint32Array.from(colors, (rgb) => packed(rgb, 1 / (1 << shift)));
  // Column by column: lines go across, and their next pixel is then never far in memory.
  const columns = new Uint32Array(width * height);
  const x = Int32Array.from(across, (value) => Math.round(value));
  const bottom = height - 1;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const ink = inks[color[row]];
    for (let axis = 0; axis + 1 < x.length; axis++) {
      const from = Math.min(bottom, Math.max(0, down[axis][row]));
      const to = Math.min(bottom, Math.max(0, down[axis + 1][row]));
      line(columns, height, x[axis], x[axis + 1], from, to, ink, shift, mask);
    }
  }
  return picture(columns, width, height);
}

/** One piece, in fixed point: along the columns where it is flat, along the rows where it is steep. */
function line(
  columns: Uint32Array,
  height: number,
  x0: number,
  x1: number,
  y0: number,
  y1: number,
  ink: number,
  shift: number,
  mask: number,
): void {
  const wide = x1 - x0;
  const tall = Math.abs(y1 - y0);
  if (tall <= wide) {
    const slope = (((y1 - y0) / wide) * 65536) | 0;
    let y = (y0 * 65536 + 32768) | 0;
    let column = x0 * height;
    for (let left = wide; left > 0; left--) {
      const at = column + (y >> 16);
      const below = columns[at];
      columns[at] = below - ((below >>> shift) & mask) + ink;
      y += slope;
      column += height;
    }
    return;
  }
  const slope = ((wide / tall) * 65536) | 0;
  const step = y1 < y0 ? -1 : 1;
  const end = y1 | 0;
  let x = (x0 * 65536 + 32768) | 0;
  for (let y = y0 | 0; y !== end; y += step) {
    const at = (x >> 16) * height + y;
    const below = columns[at];
    columns[at] = below - ((below >>> shift) & mask) + ink;
    x += slope;
  }
}

/** The picture of columns of premultiplied pixels. */
function picture(columns: Uint32Array, width: number, height: number): ImageData {
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  // In blocks: of a whole row every pixel would come from another part of memory.
  const block = 32;
  for (let left = 0; left < width; left += block) {
    const right = Math.min(width, left + block);
    for (let y = 0; y < height; y++) {
      for (let x = left; x < right; x++) {
        const pixel = columns[x * height + y];
        if (pixel !== 0) pixels[y * width + x] = plain(pixel);
      }
    }
  }
  return image;
}
