/** A surface as filled bands: where a colour changes, so does its height by one step. */
import type { Rgb } from './palette';
import { packed } from './pixels';
import { surfaceAt, type Surface } from './surface';

/** Steps from the lowest to the highest band. */
const BANDS = 12;

/** Where a surface is drawn, in pixels of the page. */
export interface BandFrame {
  width: number;
  height: number;
  /** The unit square of the surface begins so far from the border; its outermost values go on to the border. */
  inset: number;
  /** Axes of categories: nothing lies between two of them. */
  stepX: boolean;
  stepY: boolean;
  /** From the lowest to the highest; values of the surface are 0 to 1. */
  colors: readonly Rgb[];
}

/** Paints a surface over the whole of `context`, which keeps its scale. What is not known stays clear. */
export function paintBands(
  context: CanvasRenderingContext2D,
  surface: Surface,
  { width, height, inset, stepX, stepY, colors }: BandFrame,
): void {
  const { width: columns, height: rows } = context.canvas;
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const inks = Array.from({ length: BANDS }, (_, band) =>
    packed(colors[Math.round((band / (BANDS - 1)) * (colors.length - 1))], 1),
  );
  const xs = Float64Array.from(
    { length: columns },
    (_, column) => (((column + 0.5) / columns) * width - inset) / (width - 2 * inset),
  );
  for (let row = 0; row < rows; row++) {
    const y = (height - inset - ((row + 0.5) / rows) * height) / (height - 2 * inset);
    for (let column = 0; column < columns; column++) {
      const value = surfaceAt(surface, xs[column], y, stepX, stepY);
      if (Number.isNaN(value)) continue;
      pixels[row * columns + column] = inks[Math.min(BANDS - 1, Math.max(0, Math.floor(value * BANDS)))];
    }
  }
  context.putImageData(image, 0, 0);
}
