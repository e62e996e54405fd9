/** Draws the lines of parallel coordinates: few of them finely, many of them fast. */
import { rasterLines } from './line-raster';
import { cssOf, type Rgb } from './palette';

/** Lines to draw, in pixels of the page. */
export interface ParallelLines {
  across: readonly number[];
  /** By axis and then row. */
  down: readonly Float32Array[];
  /** In order: the last is on top. */
  rows: Int32Array;
  /** Of each row, an index into `colors`. */
  color: Uint8Array;
  colors: readonly Rgb[];
  /** Lines that only say where others are. */
  faint?: boolean;
}

/** More pieces than this are drawn pixel by pixel. */
const FINE_PIECES = 12_000;
/** With more lines than these, each covers a quarter, an eighth of the others in place of half. */
const QUARTER_FROM = 2500;
const EIGHTH_FROM = 6000;
/** Lines drawn pixel by pixel are no sharper with more pixels than these for each of the page; very many least so. */
const MOST_RATIO = 1.5;
const MOST_RATIO_DENSE = 1;

/** Draws on a clear canvas whose scale is `ratio`. */
export function drawParallel(context: CanvasRenderingContext2D, lines: ParallelLines, ratio: number): void {
  const pieces = lines.rows.length * (lines.across.length - 1);
  if (pieces <= FINE_PIECES) stroke(context, lines);
  else paint(context, lines, ratio);
}

function stroke(
  context: CanvasRenderingContext2D,
  { across, down, rows, color, colors, faint = false }: ParallelLines,
): void {
  const alpha = faint ? 0.16 : rows.length > 300 ? 0.6 : 0.9;
  context.lineWidth = rows.length > 100 || faint ? 1 : 1.5;
  context.lineJoin = 'round';
  // Neighbours in the order mostly share a colour: a path each.
  for (let at = 0; at < rows.length;) {
    const ink = color[rows[at]];
    context.beginPath();
    for (; at < rows.length && color[rows[at]] === ink; at++) {
      context.moveTo(across[0], down[0][rows[at]]);
      for (let axis = 1; axis < across.length; axis++) context.lineTo(across[axis], down[axis][rows[at]]);
    }
    context.strokeStyle = cssOf(colors[ink], alpha);
    context.stroke();
  }
}

function paint(
  context: CanvasRenderingContext2D,
  { across, down, rows, color, colors, faint = false }: ParallelLines,
  ratio: number,
): void {
  const scale = Math.min(ratio, rows.length > EIGHTH_FROM ? MOST_RATIO_DENSE : MOST_RATIO);
  const width = Math.round((context.canvas.width / ratio) * scale);
  const height = Math.round((context.canvas.height / ratio) * scale);
  const image = rasterLines(
    {
      across: across.map((x) => x * scale),
      down: scale === 1 ? down : down.map((column) => column.map((y) => y * scale)),
      rows,
      color,
      colors,
    },
    width,
    height,
    faint ? 2 : rows.length > EIGHTH_FROM ? 3 : rows.length > QUARTER_FROM ? 2 : 1,
  );
  context.save();
  context.resetTransform();
  if (scale === ratio && !faint) {
    context.putImageData(image, 0, 0);
  } else {
    const picture = new OffscreenCanvas(width, height);
    picture.getContext('2d')?.putImageData(image, 0, 0);
    context.globalAlpha = faint ? 0.3 : 1;
    context.drawImage(picture, 0, 0, context.canvas.width, context.canvas.height);
  }
  context.restore();
}
