/** Pictures that are drawn without a page, as PNG. */
import { LatheError } from '../../base/errors';

/** What a picture is drawn with. */
export type Pen = OffscreenCanvasRenderingContext2D;

/** Colours of pictures: they are light, wherever they are shown. */
export const INK = '#1f1c18';
export const FAINT = '#6b655d';

/** A font of this many pixels. */
export const font = (pixels: number, weight = 400): string =>
  `${weight} ${pixels}px system-ui, 'Noto Sans', 'Liberation Sans', sans-serif`;

/** The pen of an empty picture. @throws LatheError of kind `internal` where the browser draws none in workers */
export function openPicture(width: number, height: number): Pen {
  const pen = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(width, height).getContext('2d');
  if (pen) return pen;
  throw new LatheError('internal', 'This browser draws no pictures of this size in a worker.');
}

/** Draws on white. @throws LatheError of kind `internal` where the browser draws no pictures in workers */
export async function drawPicture(width: number, height: number, draw: (pen: Pen) => void): Promise<Blob> {
  const pen = openPicture(width, height);
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, width, height);
  draw(pen);
  return pen.canvas.convertToBlob({ type: 'image/png' });
}

/** A text, cut where it is wider than `width` in the pen's font. */
export function fitText(pen: Pen, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && pen.measureText(`${characters.join('')}…`).width > width) characters.pop();
  return `${characters.join('')}…`;
}
