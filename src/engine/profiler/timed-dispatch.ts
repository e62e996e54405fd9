/** One dispatch of a recorded step and the time it took: what reports and traces are made from. */
import type { StepPart } from '../../store/profile';
import type { Dispatch } from '../capture';

/** A dispatch that was timed. */
export interface TimedDispatch {
  kernel: string;
  /** Layer that it belongs to; `loss`, `update`, or `between layers` for what belongs to none. */
  layer: string;
  part: StepPart;
  flops: number;
  bytes: number;
  workgroups: [x: number, y: number, z: number];
  /** When it began, in nanoseconds on a clock of the timer's own. */
  start_ns: number;
  /** How long it took, in nanoseconds. */
  ns: number;
}

/** When a compute pass began and how long it took, in nanoseconds. */
export interface PassTime {
  start_ns: number;
  ns: number;
}

/** `dispatch` with its time. */
export function timed({ kernel, scope }: Pick<Dispatch, 'kernel' | 'scope'>, time: PassTime): TimedDispatch {
  const { name, flops, bytes, workgroups } = kernel;
  return { kernel: name, ...placeOf(scope), flops, bytes, workgroups, ...time };
}

/**
 * Layer and part of the step that a scope speaks of: `LAYER`, `LAYER backward`, `update`. Backward scopes may be nested
 * (what is recomputed has a backward pass of its own): the outermost names the layer.
 */
export function placeOf(scope: string): { layer: string; part: StepPart } {
  const [layer, ...words] = scope.split(' ');
  if (layer === 'update') return { layer, part: 'update' };
  // Outside all layers lie the sums of gradients that come together again, as behind a residual connection.
  if (layer === '') return { layer: 'between layers', part: 'backward' };
  return { layer, part: words.includes('backward') ? 'backward' : 'forward' };
}
