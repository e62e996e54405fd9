/** uPlot behind a small face: lines in, a canvas that is painted when there is time. Loaded when the first chart is. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatCompact } from '../format';
import { withAir } from './axis';
import { align, type Line } from './line';
import { paintNever, paintSoon } from './paint-queue';
import { canvasColor } from './pencil';

/** How a chart is drawn. */
export interface PlotOptions {
  width: number;
  height: number;
  /** Logarithmic values. */
  log: boolean;
  /** Leaves the most extreme fiftieth of the values at either end out of the scale. */
  robust: boolean;
  /** The vertical axis begins at zero. */
  fromZero: boolean;
  /** Figures of the vertical axis. */
  axis: (value: number) => string;
  /** Charts with the same key share their cursor. */
  sync: string | null;
  /** The step under the cursor, or null when it has left. */
  onCursor: (step: number | null) => void;
}

/** A chart on the page. */
export interface Plot {
  /** Shows these lines from one of the next frames on; while nobody sees the chart, from when somebody does. */
  set(lines: readonly Line[]): void;
  /** Whether somebody sees it. */
  show(seen: boolean): void;
  resize(width: number, height: number): void;
  destroy(): void;
}

/** Lines with few points show them; more would only thicken the line. */
const SHOWN_POINTS = 24;

/** Puts an empty chart into `target`, drawn once it is shown. */
export function createPlot(target: HTMLElement, options: PlotOptions): Plot {
  let chart: uPlot | null = null;
  let structure = '';
  let bounds: [number, number] | null = null;
  let pending: readonly Line[] | null = null;
  let seen = false;
  let { width, height } = options;

  const paint = (): void => {
    const lines = pending;
    pending = null;
    if (!lines) {
      if (chart && isResized(chart)) chart.setSize({ width, height });
      return;
    }
    // Axes of nothing would be drawn over the words that say what is waited for.
    if (!chart && lines.every(({ steps }) => steps.length === 0)) return;
    const data = align(lines, options.log);
    if (options.robust) bounds = middleOf(data.slice(1));
    const next = lines.map(({ label, color, dash, faint }) => [label, color, dash, faint].join()).join(';');
    if (chart && next === structure) {
      const same = chart;
      // Drawn once, whatever changed.
      same.batch(() => {
        if (isResized(same)) same.setSize({ width, height });
        same.setData(data);
      });
      return;
    }
    chart?.destroy();
    structure = next;
    chart = new uPlot(
      describe(lines, options, width, height, () => bounds),
      data,
      target,
    );
  };
  const isResized = (drawn: uPlot): boolean => drawn.width !== width || drawn.height !== height;

  return {
    set(lines) {
      pending = lines;
      if (seen) paintSoon(paint);
    },
    show(now) {
      seen = now;
      if (seen) paintSoon(paint);
      else paintNever(paint);
    },
    resize(newWidth, newHeight) {
      if (newWidth === width && newHeight === height) return;
      width = newWidth;
      height = newHeight;
      if (seen) paintSoon(paint);
    },
    destroy() {
      paintNever(paint);
      chart?.destroy();
    },
  };
}

function describe(
  lines: readonly Line[],
  options: PlotOptions,
  width: number,
  height: number,
  bounds: () => [number, number] | null,
): uPlot.Options {
  const ink = canvasColor('var(--ink-3)');
  const grid = canvasColor('var(--line)');
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis: Partial<uPlot.Axis> = { stroke: ink, font, ticks: { show: false }, gap: 6 };
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false },
      y: options.log
        ? { distr: 3 }
        : { range: (_plot, low, high) => rangeOf(bounds() ?? [low, high], options.fromZero) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: 64,
        grid: { show: false },
        values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? formatCompact(tick) : '')),
      },
      {
        ...axis,
        size: 52,
        space: 36,
        grid: { stroke: grid, width: 1 },
        values: (_plot, ticks) => ticks.map((tick) => (tick === null ? '' : options.axis(tick))),
      },
    ],
    series: [
      {},
      ...lines.map((line): uPlot.Series => {
        const stroke = canvasColor(line.faint ? `color-mix(in srgb, ${line.color} 20%, transparent)` : line.color);
        return {
          label: line.label,
          stroke,
          width: line.faint ? 1 : 1.75,
          dash: line.dash?.length ? line.dash : undefined,
          spanGaps: true,
          points: {
            show: (plot, series) => !line.faint && countPoints(plot.data[series]) <= SHOWN_POINTS,
            size: 5,
            stroke,
            fill: stroke,
          },
        };
      }),
    ],
    cursor: {
      y: false,
      drag: { x: true, y: false },
      hover: { skip: [null, undefined] },
      points: { show: true, size: 7 },
      ...(options.sync === null ? {} : { sync: { key: options.sync, setSeries: false } }),
    },
    hooks: {
      setCursor: [
        (plot) => {
          const { idx } = plot.cursor;
          options.onCursor(idx === null || idx === undefined ? null : plot.data[0][idx]);
        },
      ],
    },
  };
}

/** The range that holds all but the lowest and the highest fiftieth of the values. */
function middleOf(columns: (number | null)[][]): [number, number] | null {
  const values = columns.flat().filter((value) => value !== null);
  if (values.length < 50) return null;
  values.sort((a, b) => a - b);
  return [values[Math.floor(values.length / 50)], values[Math.ceil((values.length * 49) / 50) - 1]];
}

/** What the vertical axis shows. uPlot gives nulls where nothing is drawn. */
function rangeOf([low, high]: [number | null, number | null], fromZero: boolean): [number, number] {
  if (low === null || high === null) return [0, 1];
  return withAir([fromZero ? Math.min(0, low) : low, high], false);
}

function countPoints(values: ArrayLike<number | null | undefined>): number {
  let count = 0;
  for (let i = 0; i < values.length && count <= SHOWN_POINTS; i++)
    if (values[i] !== null && values[i] !== undefined) count++;
  return count;
}
