import type { TimedDispatch } from '../../../../src/engine/profiler/timed-dispatch';
import type { Ceilings } from '../../../../src/store/profile';

/** A dispatch of `kernel` in `layer` that took `ms`. */
export function dispatch(
  kernel: string,
  layer: string,
  ms: number,
  fields: Partial<Omit<TimedDispatch, 'ns' | 'kernel' | 'layer'>> = {},
): TimedDispatch {
  return {
    kernel,
    layer,
    part: 'forward',
    flops: 0,
    bytes: 0,
    workgroups: [1, 1, 1],
    start_ns: 0,
    ...fields,
    ns: ms * 1e6,
  };
}

/** An adapter of 10 GFLOP/s and 1 GB/s that launches 100 kernels a millisecond. */
export const CEILINGS: Ceilings = { flops_per_second: 1e10, bytes_per_second: 1e9, launch_ms: 0.01 };
