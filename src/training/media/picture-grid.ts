/** Pictures side by side, each with two lines under it. */
import type { MediaContent } from '../../store/media';
import { drawPicture, fitText, font, INK, openPicture } from './canvas';

/** One of them. */
export interface GridPicture {
  /** `[height, width, 4] uint8`. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
  lines: [string, string];
  /** Colour of the second line. */
  color: string;
}

/** Longer side of a picture that is small, in pixels of the grid: as near to it as whole multiples come. */
const SIDE = 72;

/** Least width of a place in the grid: room for a few words. */
const PLACE = 92;

const LINE = 14;
const GAP = 8;

/** A PNG of pictures of one size. */
export async function drawGrid(
  pictures: readonly GridPicture[],
  size: { height: number; width: number },
  caption: string,
): Promise<Extract<MediaContent, { kind: 'image' }>> {
  const scale = Math.max(1, Math.round(SIDE / Math.max(size.width, size.height)));
  const shown = { width: scale * size.width, height: scale * size.height };
  const place = { width: Math.max(PLACE, shown.width) + GAP, height: shown.height + 2 * LINE + 2 * GAP };
  const columns = Math.min(
    pictures.length,
    Math.max(1, Math.round(Math.sqrt((pictures.length * place.height) / place.width))),
  );
  const width = columns * place.width + GAP;
  const height = Math.ceil(pictures.length / columns) * place.height + GAP;
  const blob = await drawPicture(width, height, (pen) => {
    const one = openPicture(size.width, size.height);
    pen.imageSmoothingEnabled = false;
    pen.font = font(11);
    pen.textBaseline = 'top';
    pictures.forEach(({ pixels, lines, color }, i) => {
      const x = GAP + (i % columns) * place.width;
      const y = GAP + Math.floor(i / columns) * place.height;
      one.putImageData(new ImageData(pixels, size.width, size.height), 0, 0);
      pen.drawImage(one.canvas, x, y, shown.width, shown.height);
      lines.forEach((line, row) => {
        pen.fillStyle = row === 0 ? INK : color;
        pen.fillText(fitText(pen, line, place.width - GAP), x, y + shown.height + 3 + row * LINE);
      });
    });
  });
  return { kind: 'image', blob, width, height, caption };
}
