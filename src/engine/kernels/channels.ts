/**
 * Kernels over the channels of pixels. Software adapters take longer for one division than for ten additions: there an
 * invocation works its pixel's place out once and loops over all channels. GPUs want neighbours to read neighbouring
 * channels, and get an invocation for each.
 */
import { forEachIndex, indexWorkgroups, type Kernel, type Storage, type Target } from '../kernel';

/** How channels are taken: by fours where their number allows it. */
export interface Channels {
  fours: boolean;
  /** Numbers, or fours, of a pixel. */
  count: number;
  workgroups: Kernel['workgroups'];
  /** Head of `main`; what follows it has `pixel: u32`. Close it with `}`. */
  head: string;
  /** A loop over `c: u32`, one channel or four; no `return`, `break` or `continue` of its own in `body`. */
  each(body: string): string;
  /** Type of the numbers: `f32` or `vec4<f32>`. */
  type: string;
}

/** Channels of `pixels`; `wide` says which numbers must come by fours for the code to take them so. */
export function channelsOf(pixels: number, channels: number, target: Target, wide = true): Channels {
  const fours = wide && channels % 4 === 0;
  const count = fours ? channels / 4 : channels;
  const type = fours ? 'vec4<f32>' : 'f32';
  if (target.software) {
    return {
      fours,
      count,
      type,
      workgroups: indexWorkgroups(pixels, 16),
      head: `${forEachIndex(pixels, 16)}
  let pixel = index;`,
      each: (body) => `for (var c = 0u; c < ${count}u; c++) { ${body} }`,
    };
  }
  return {
    fours,
    count,
    type,
    workgroups: indexWorkgroups(pixels * count),
    head: `${forEachIndex(pixels * count)}
  let pixel = index / ${count}u;
  let c = index % ${count}u;`,
    each: (body) => `{ ${body} }`,
  };
}

/** A binding whose numbers are taken as the channels are. */
export const channelBinding = (
  name: string,
  access: 'read' | 'read_write',
  storage: Storage,
  { fours }: Channels,
): { name: string; access: 'read' | 'read_write'; storage: Storage; fours: boolean } => ({
  name,
  access,
  storage,
  fours,
});

/** A function of single numbers, applied to a number or to four of them; arguments are variables. */
export function applied({ fours }: Channels, f: string, args: string[]): string {
  if (!fours) return `${f}(${args.join(', ')})`;
  const lane = (l: string): string => `${f}(${args.map((arg) => `${arg}.${l}`).join(', ')})`;
  return `vec4<f32>(${['x', 'y', 'z', 'w'].map(lane).join(', ')})`;
}
