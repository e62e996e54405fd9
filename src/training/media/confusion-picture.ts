/** A confusion matrix as a picture: rows are true classes, columns predicted ones, a cell is as dark as its share of the row. */
import type { MediaContent } from '../../store/media';
import type { ConfusionMatrix } from '../../store/schema';
import { drawPicture, FAINT, fitText, font, INK, openPicture, type Pen } from './canvas';

/** Side of a cell, where there are few. */
const CELL = 46;

/** About how wide the matrix may become, in pixels. */
const SIDE = 1400;

/** Cells smaller than this have no figures. */
const FIGURES = 30;

/** Cells smaller than this have no labels. */
const LABELS = 9;

/** Longest label, in pixels. */
const LABEL = 130;

const MARGIN = 12;
const AXIS = 22;

/** A PNG of it. */
export async function drawConfusion(
  { labels, matrix }: ConfusionMatrix,
  caption: string,
): Promise<Extract<MediaContent, { kind: 'image' }>> {
  const cell = Math.max(1, Math.min(CELL, Math.floor(SIDE / labels.length)));
  const type = font(Math.max(8, Math.min(13, cell - 2)));
  const side = cell * labels.length;
  const room = cell < LABELS ? 0 : Math.ceil(widest(labels, type)) + 8;
  // Labels of columns stand upright where they have no room beside each other.
  const upright = room > cell;
  const left = MARGIN + AXIS + room;
  const top = MARGIN + AXIS + (upright ? room : cell < LABELS ? 0 : 20);
  const [width, height] = [left + side + MARGIN, top + side + MARGIN];
  const blob = await drawPicture(width, height, (pen) => {
    pen.translate(left, top);
    drawCells(pen, matrix, cell);
    pen.font = type;
    pen.fillStyle = INK;
    pen.textBaseline = 'middle';
    if (room > 0) labels.forEach((label, i) => drawLabels(pen, fitText(pen, label, LABEL), (i + 0.5) * cell, upright));
    pen.fillStyle = FAINT;
    pen.font = font(12);
    pen.textAlign = 'center';
    pen.fillText('predicted', side / 2, -top + MARGIN + 6);
    turned(pen, -left + MARGIN + 6, side / 2, () => pen.fillText('true', 0, 0));
  });
  return { kind: 'image', blob, width, height, caption };
}

function widest(labels: readonly string[], type: string): number {
  const pen = openPicture(1, 1);
  pen.font = type;
  return Math.max(...labels.map((label) => pen.measureText(fitText(pen, label, LABEL)).width));
}

function drawLabels(pen: Pen, label: string, middle: number, upright: boolean): void {
  pen.textAlign = 'right';
  pen.fillText(label, -6, middle);
  pen.textAlign = upright ? 'left' : 'center';
  if (upright) turned(pen, middle, -6, () => pen.fillText(label, 0, 0));
  else pen.fillText(label, middle, -10);
}

/** Draws what reads upwards. */
function turned(pen: Pen, x: number, y: number, draw: () => void): void {
  pen.save();
  pen.translate(x, y);
  pen.rotate(-Math.PI / 2);
  draw();
  pen.restore();
}

function drawCells(pen: Pen, matrix: readonly number[][], cell: number): void {
  const gap = cell >= 6 ? 1 : 0;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  matrix.forEach((row, y) => {
    const sum = row.reduce((total, count) => total + count, 0);
    row.forEach((count, x) => {
      const share = sum > 0 ? count / sum : 0;
      // From a grey that says that there is a cell to a dark blue; figures stay legible on both.
      const shade = (light: number, dark: number): number => Math.round(light + (dark - light) * share);
      pen.fillStyle = `rgb(${shade(241, 24)} ${shade(241, 78)} ${shade(243, 148)})`;
      pen.fillRect(x * cell, y * cell, cell - gap, cell - gap);
      if (cell < FIGURES) return;
      const text = count.toLocaleString('en');
      pen.fillStyle = share > 0.45 ? '#ffffff' : count === 0 ? '#8a8580' : INK;
      pen.font = font(text.length > 5 ? 10 : 12);
      pen.fillText(text, (x + 0.5) * cell, (y + 0.5) * cell);
    });
  });
}
