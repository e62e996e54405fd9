/** The update of a run's parameters said as data, for where a group carries it out. */
import type { ResolvedConfig } from '../config/schema';
import type { LossScaleSettings } from '../engine/arena/arena';
import type { Model } from '../models/model';
import type { CollectiveRule } from './collective';
import { trainableVariables } from './forward-backward';
import type { Optimizer } from './optimizers/optimizer';

/** The rule of a config. L2 is for parameters of two or more axes, as on one device. */
export function collectiveRule(
  { training }: ResolvedConfig,
  { slots, scalars, wgsl }: Optimizer,
  model: Model,
  lossScale: LossScaleSettings | null,
): CollectiveRule {
  let offset = 0;
  const parts = trainableVariables(model).flatMap(({ rank, size }): [number, number][] => {
    const start = offset;
    offset += size;
    return rank > 1 ? [[start, offset]] : [];
  });
  return {
    slots,
    scalars,
    wgsl,
    clip: training.gradient_clip?.norm ?? null,
    l2: training.l2 > 0 ? { factor: training.l2, parts } : null,
    ema: training.ema,
    lossScale,
  };
}
