/** `curves.png`: loss and the main metric over the steps, drawn on an OffscreenCanvas, so also in a worker. */
import type { MetricSeries } from '../store/metrics';
import { axisTicks, formatTick } from '../base/axis';
import { drawPicture, FAINT, font, INK, type Pen } from '../training/media/canvas';

/** One line of a panel. */
interface Line {
  label: string;
  colour: string;
  steps: Float64Array;
  values: Float64Array;
}

/** One coordinate system. */
interface Panel {
  title: string;
  lines: Line[];
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const WIDTH = 1280;
const HEIGHT = 480;
const GRID = '#e3e6e8';

/** Okabe & Ito's palette: told apart with any colour vision. */
const COLOURS = { train: '#0072b2', val: '#d55e00', test: '#009e73' } as const;
const SPLITS = { train: 'train', val: 'validation', test: 'test' } as const;

/** Metrics that may stand beside the loss, the first logged one does. */
const MAIN_METRICS: [string, string][] = [
  ['accuracy', 'Accuracy'],
  ['f1', 'Macro F1'],
  ['r2', 'R²'],
  ['rmse', 'RMSE'],
  ['mae', 'MAE'],
];

/** More points than this are smoothed: the line is the moving average, the points themselves stay faintly behind it. */
const SMOOTH_FROM = 100;

/** Of the dot at a point, in pixels. */
const RADIUS = 3;

/** Whether there is anything to draw of these: loss or a main metric. */
export const hasCurves = (series: MetricSeries[]): boolean =>
  selectPanels(series).some(({ lines }) => lines.length > 0);

/**
 * Draws the curves as a PNG of 1280 × 480 pixels.
 * @param bestStep step of the exported checkpoint, marked by a dashed line; 0: none.
 * @throws LatheError of kind `internal` where the browser draws no pictures in workers
 */
export function drawCurves(series: MetricSeries[], bestStep: number): Promise<Blob> {
  const panels = selectPanels(series);
  const width = WIDTH / panels.length;
  return drawPicture(WIDTH, HEIGHT, (pen) => {
    panels.forEach((panel, i) => {
      drawPanel(pen, panel, { left: i * width + 72, top: 64, width: width - 104, height: HEIGHT - 64 - 60 }, bestStep);
    });
  });
}

function selectPanels(series: MetricSeries[]): Panel[] {
  const panels: Panel[] = [{ title: 'Loss', lines: linesOf(series, 'loss') }];
  for (const [metric, title] of MAIN_METRICS) {
    const lines = linesOf(series, metric);
    if (lines.length === 0) continue;
    panels.push({ title, lines });
    break;
  }
  return panels;
}

function linesOf(series: MetricSeries[], metric: string): Line[] {
  return (['train', 'val', 'test'] as const).flatMap((split) => {
    const found = series.find((one) => one.metric === `${split}_${metric}` && one.steps.length > 0);
    return found ? [{ label: SPLITS[split], colour: COLOURS[split], steps: found.steps, values: found.values }] : [];
  });
}

function drawPanel(pen: Pen, panel: Panel, box: Box, bestStep: number): void {
  pen.textBaseline = 'alphabetic';
  pen.textAlign = 'left';
  pen.fillStyle = INK;
  pen.font = font(18, 600);
  pen.fillText(panel.title, box.left, box.top - 28);

  const finite = panel.lines.flatMap(({ steps, values }) => points(steps, values));
  if (finite.length === 0) {
    pen.font = font(14);
    pen.fillStyle = FAINT;
    pen.fillText('Nothing was logged.', box.left, box.top + 20);
    return;
  }
  drawLegend(pen, panel.lines, box);

  const x = axisTicks(0, Math.max(1, extreme(finite, 0, Math.max)), 6);
  const y = axisTicks(extreme(finite, 1, Math.min), extreme(finite, 1, Math.max), 6);
  const toX = (step: number): number => box.left + ((step - x.min) / (x.max - x.min)) * box.width;
  const toY = (value: number): number => box.top + box.height - ((value - y.min) / (y.max - y.min)) * box.height;

  drawGrid(pen, box, x, y, toX, toY);
  pen.save();
  pen.beginPath();
  pen.rect(box.left - RADIUS, box.top - RADIUS, box.width + 2 * RADIUS, box.height + 2 * RADIUS);
  pen.clip();
  if (bestStep > 0) drawMark(pen, toX(bestStep), box);
  for (const line of panel.lines) drawLine(pen, line, toX, toY);
  pen.restore();
  if (bestStep > 0) labelMark(pen, toX(bestStep), box);
}

function drawLegend(pen: Pen, lines: Line[], box: Box): void {
  pen.font = font(14);
  let right = box.left + box.width;
  for (const { label, colour } of [...lines].reverse()) {
    const width = pen.measureText(label).width;
    pen.fillStyle = FAINT;
    pen.fillText(label, right - width, box.top - 28);
    pen.fillStyle = colour;
    pen.fillRect(right - width - 24, box.top - 34, 18, 3);
    right -= width + 44;
  }
}

function drawGrid(
  pen: Pen,
  box: Box,
  x: ReturnType<typeof axisTicks>,
  y: ReturnType<typeof axisTicks>,
  toX: (step: number) => number,
  toY: (value: number) => number,
): void {
  pen.font = font(13);
  pen.lineWidth = 1;
  pen.strokeStyle = GRID;
  pen.fillStyle = FAINT;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const tick of y.ticks) {
    const at = Math.round(toY(tick)) + 0.5;
    segment(pen, box.left, at, box.left + box.width, at);
    pen.fillText(formatTick(tick, y.step), box.left - 10, at);
  }
  pen.textAlign = 'center';
  pen.textBaseline = 'top';
  for (const tick of x.ticks) {
    const at = Math.round(toX(tick)) + 0.5;
    segment(pen, at, box.top + box.height, at, box.top + box.height + 5);
    pen.fillText(formatTick(tick, x.step), at, box.top + box.height + 10);
  }
  pen.fillText('step', box.left + box.width / 2, box.top + box.height + 34);
}

function drawMark(pen: Pen, at: number, box: Box): void {
  pen.save();
  pen.setLineDash([4, 4]);
  pen.strokeStyle = FAINT;
  segment(pen, at, box.top, at, box.top + box.height);
  pen.restore();
}

/** Names the mark above the panel, where no curve runs. */
function labelMark(pen: Pen, at: number, box: Box): void {
  const half = pen.measureText('exported').width / 2;
  pen.fillStyle = FAINT;
  pen.textAlign = 'center';
  pen.textBaseline = 'bottom';
  pen.fillText('exported', Math.min(Math.max(at, box.left + half), box.left + box.width - half), box.top - 4);
}

function drawLine(
  pen: Pen,
  { steps, values, colour }: Line,
  toX: (step: number) => number,
  toY: (value: number) => number,
): void {
  const raw = points(steps, values);
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineJoin = 'round';
  if (raw.length > SMOOTH_FROM) {
    pen.globalAlpha = 0.25;
    pen.lineWidth = 1;
    polyline(pen, thin(raw, toX), toX, toY);
    pen.globalAlpha = 1;
  }
  pen.lineWidth = 2;
  polyline(pen, raw.length > SMOOTH_FROM ? smooth(raw) : raw, toX, toY);
  if (raw.length <= 40) {
    for (const [step, value] of raw) {
      pen.beginPath();
      pen.arc(toX(step), toY(value), RADIUS, 0, 2 * Math.PI);
      pen.fill();
    }
  }
}

function polyline(
  pen: Pen,
  line: [number, number][],
  toX: (step: number) => number,
  toY: (value: number) => number,
): void {
  pen.beginPath();
  for (const [step, value] of line) pen.lineTo(toX(step), toY(value));
  pen.stroke();
}

function segment(pen: Pen, x0: number, y0: number, x1: number, y1: number): void {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

/** Points with finite values. */
function points(steps: Float64Array, values: Float64Array): [number, number][] {
  const out: [number, number][] = [];
  steps.forEach((step, i) => {
    if (Number.isFinite(values[i])) out.push([step, values[i]]);
  });
  return out;
}

/** Lowest and highest point of every pixel column: what a line of any length looks like, at the cost of a screen. */
function thin(line: [number, number][], toX: (step: number) => number): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 0; i < line.length;) {
    const column = Math.round(toX(line[i][0]));
    let low = line[i];
    let high = line[i];
    for (; i < line.length && Math.round(toX(line[i][0])) === column; i++) {
      if (line[i][1] < low[1]) low = line[i];
      if (line[i][1] > high[1]) high = line[i];
    }
    out.push(...(low[0] <= high[0] ? [low, high] : [high, low]));
  }
  return out;
}

/** Exponential moving average without the bias towards zero at its start (as in Adam), over about 1/100 of the line. */
function smooth(line: [number, number][]): [number, number][] {
  const decay = 1 - 1 / Math.max(2, line.length / 100);
  let sum = 0;
  let weight = 0;
  return line.map(([step, value]) => {
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return [step, sum / weight];
  });
}

/** Smallest or largest coordinate. A loop: runs have more points than a call takes arguments. */
function extreme(line: [number, number][], axis: 0 | 1, pick: (a: number, b: number) => number): number {
  return line.reduce((found, point) => pick(found, point[axis]), line[0][axis]);
}
