/** Colours of ordered data: the ramp of the tokens in fine steps, as canvases take them. */
import { toRgb } from '../../../colors';

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Colours of `--ramp-0` to `--ramp-4`. */
const STOPS = 5;
/** Steps of the ramp; more could not be told apart. */
export const STEPS = 64;

const ramps = new Map<string, Rgb[]>();

/** The ramp in `STEPS` colours, from the least to the most, as it is in `theme` (the theme that is shown). */
export function rampColors(theme: string): readonly Rgb[] {
  let ramp = ramps.get(theme);
  if (!ramp) {
    const stops = Array.from({ length: STOPS }, (_, stop) => toRgb(`var(--ramp-${stop})`));
    ramp = Array.from({ length: STEPS }, (_, step) => mixedStop(stops, (step / (STEPS - 1)) * (STOPS - 1)));
    ramps.set(theme, ramp);
  }
  return ramp;
}

function mixedStop(stops: readonly Rgb[], at: number): Rgb {
  const before = Math.min(stops.length - 2, Math.floor(at));
  const share = at - before;
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(stops[before][channel] * (1 - share) + stops[before + 1][channel] * share);
  return [mix(0), mix(1), mix(2)];
}

/** The step of the ramp for a shade of 0 to 1. */
export const stepOf = (shade: number): number => Math.min(STEPS - 1, Math.max(0, Math.round(shade * (STEPS - 1))));

/** A colour as CSS. */
export const cssOf = ([red, green, blue]: Rgb, alpha = 1): string => `rgb(${red} ${green} ${blue} / ${alpha})`;
