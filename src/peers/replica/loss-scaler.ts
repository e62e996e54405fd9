import type { LossScaleSettings } from '../../engine/arena/arena';

/** Numbers of a scaler's state. */
export const SCALER_NUMBERS = 3;

/**
 * The next state of a loss scaler as PyTorch's `GradScaler` has it, in float32 like the arenas: scale, updates in a row
 * that were finite, updates left out.
 */
export function nextScaler(
  [scale, good, skipped]: readonly number[],
  finite: boolean,
  { growth, backoff, interval }: LossScaleSettings,
): number[] {
  // A scale that can grow or shrink no further stays a usable number.
  const times = (factor: number): number =>
    Math.min(Math.fround(1e30), Math.max(Math.fround(1e-8), Math.fround(scale * Math.fround(factor))));
  if (!finite) return [times(backoff), 0, skipped + 1];
  return good + 1 >= interval ? [times(growth), 0, skipped] : [scale, good + 1, skipped];
}
