/** Colours of data. A run has the same colour everywhere; two runs that share one are told apart by their dashes. */

import { turnOf } from './state/run-colors';

/** Colours in the palette (`--data-0` …), the last one a neutral for what has no identity. */
export const PALETTE_SIZE = 8;

/** Colour of class or series `index`, as a CSS value. */
export const seriesColor = (index: number): string => `var(--data-${index % PALETTE_SIZE})`;

/** Colour of a split’s curve, the same in every chart. */
export function splitColor(split: string | null): string {
  return seriesColor(split === 'val' ? 0 : split === 'test' ? 2 : 1);
}

/** Colour of a run, the same wherever it is shown. */
export const runColor = (id: string): string => seriesColor(turnOf(id));

/** Dash patterns in pixels: solid, then others for runs whose colour is taken. */
const DASHES: readonly number[][] = [[], [6, 4], [2, 3], [10, 3, 2, 3]];

/** Colour and dash of each run of a comparison, in the order given. */
export function runStyles(ids: readonly string[]): { color: string; dash: number[] }[] {
  const taken = new Map<string, number>();
  return ids.map((id) => {
    const color = runColor(id);
    const nth = taken.get(color) ?? 0;
    taken.set(color, nth + 1);
    return { color, dash: DASHES[nth % DASHES.length] };
  });
}

/** Canvases know no custom properties: the value that `color` (a CSS colour, `var(--…)` too) has in the present theme. */
export function resolveColor(color: string): string {
  const probe = document.createElement('span');
  probe.style.color = color;
  probe.hidden = true;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

/** Red, green, blue in 0…255 of a CSS colour, for pixels. */
export function toRgb(color: string): [number, number, number] {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return [128, 128, 128];
  context.fillStyle = resolveColor(color);
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
