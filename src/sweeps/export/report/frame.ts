/** Charts as SVG: axes, marks and lines. Colours are classes of `style.ts`, so that they follow the theme. */
import type { Scale } from '../../views/scale';
import { html, type Markup, type Part } from './html';

/** A chart with two axes. */
export interface Chart {
  title: string;
  /** One or two sentences under it: what the marks are, and what was left out. */
  caption: string;
  x: { label: string; scale: Scale };
  y: { label: string; scale: Scale };
  /** The chart's marks, drawn with these places. */
  marks: (place: Places) => Part;
}

/** From values to pixels; null outside of the chart. */
export interface Places {
  x(value: number): number | null;
  y(value: number): number | null;
  /** The same, with what lies outside at the edge; null for NaN. */
  nearestY(value: number): number | null;
}

const WIDTH = 480;
const HEIGHT = 270;
const BOX = { left: 58, top: 12, right: WIDTH - 12, bottom: HEIGHT - 44 };

/** Draws it. */
export function drawChart({ title, caption, x, y, marks }: Chart): Markup {
  const [across, up] = [BOX.right - BOX.left, BOX.bottom - BOX.top];
  const toX = (at: number): number => round(BOX.left + at * across);
  const toY = (at: number): number => round(BOX.bottom - at * up);
  const places: Places = {
    x: (value) => inside(x.scale.at(value), toX),
    y: (value) => inside(y.scale.at(value), toY),
    nearestY: (value) => inside(Math.min(1, Math.max(0, y.scale.at(value))), toY),
  };
  const middle = (BOX.left + BOX.right) / 2;
  return figure(
    title,
    caption,
    html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      ${y.scale.ticks.map(
        ({ at, label }) =>
          html`<path class="grid" d="M${BOX.left} ${toY(at)}H${BOX.right}" /><text
              class="end"
              x="${BOX.left - 8}"
              y="${toY(at) + 4}"
              >${clip(label, 9)}</text
            >`,
      )}
      ${x.scale.ticks.map(
        ({ at, label }) =>
          html`<text class="middle" x="${toX(at)}" y="${BOX.bottom + 17}"
            >${clip(label, Math.max(4, 64 / x.scale.ticks.length))}</text
          >`,
      )}
      <text class="middle quiet" x="${middle}" y="${HEIGHT - 6}">${clip(x.label, 60)}</text>
      <text class="middle quiet" transform="translate(12 ${(BOX.top + BOX.bottom) / 2}) rotate(-90)">
        ${clip(y.label, 34)}
      </text>
      ${marks(places)}
    </svg>`,
  );
}

/** A chart with its name and its caption. */
export const figure = (title: string, caption: string, drawing: Markup, wide = false): Markup =>
  html`<figure class="${wide ? 'wide' : ''}">
    <h3>${title}</h3>
    ${drawing} ${caption !== '' && html`<figcaption>${caption}</figcaption>`}
  </figure> `;

const inside = (at: number, to: (at: number) => number): number | null => (at >= -0.001 && at <= 1.001 ? to(at) : null);

/** Half a pixel is as fine as a chart shows. */
export const round = (value: number): number => Math.round(value * 2) / 2;

/** `text`, or its start where it is longer than `length` characters. */
export const clip = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, Math.max(1, Math.floor(length) - 1))}…` : text;

/** A point of a chart. */
export interface Point {
  x: number;
  y: number;
  /** What a pointer that rests on it is told. */
  title: string;
}

/** Up to so many points can be pointed at; beyond, one path holds them all. */
const POINTABLE = 300;

/** Points as dots of a class. */
export function dots(points: readonly Point[], kind: string, radius = 3): Markup {
  if (points.length <= POINTABLE) {
    return html`${points.map(
      ({ x, y, title }) =>
        html`<circle class="${kind}" cx="${x}" cy="${y}" r="${radius}"><title>${title}</title></circle>`,
    )}`;
  }
  const places = new Set(points.map(({ x, y }) => `M${x} ${y}h0`));
  return html`<path class="dots ${kind}${manyOf(points)}" d="${[...places].join('')}" />`;
}

/** Points as small crosses of a class. */
export function crosses(points: readonly Point[], kind: string): Markup {
  const places = new Set(points.map(({ x, y }) => `M${x - 2.5} ${y - 2.5}l5 5m0-5l-5 5`));
  return html`<path class="cross ${kind}${manyOf(points)}" d="${[...places].join('')}" />`;
}

/** Thousands of marks are fainter, or they would hide each other. */
const manyOf = (points: readonly Point[]): string => (points.length > 1000 ? ' many' : '');

/** A path through points; a null breaks it. */
export function polyline(points: readonly (readonly [number, number] | null)[]): string {
  let path = '';
  let isPen = false;
  for (const point of points) {
    if (point) path += `${isPen ? 'L' : 'M'}${point[0]} ${point[1]}`;
    isPen = point !== null;
  }
  return path;
}
