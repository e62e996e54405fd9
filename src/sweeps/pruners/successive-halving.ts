/** Lets the best fraction of the trials go on, rung by rung. Optuna's successive-halving pruner. */
import type { PrunerConfig } from '../../config/search/pruners';
import type { Asked, Pruner } from './pruner';
import { fallsFrom } from './rungs';

/**
 * Rungs at the steps `min_resource · η^(min_early_stopping_rate + k)`. With `auto` the smallest resource is a hundredth of a
 * whole trial, at least 1; Optuna takes a whole trial from the first that is complete, and ends none before.
 * @param asked See `pruner.ts`.
 */
export function successiveHalvingPruner(
  settings: Extract<PrunerConfig, { name: 'successive_halving' }>,
  asked: Asked,
): Pruner {
  const { min_resource, reduction_factor, min_early_stopping_rate, bootstrap_count } = settings;
  return {
    prune(study, trial) {
      const smallest = min_resource === 'auto' ? Math.max(1, Math.floor(study.maxResource / 100)) : min_resource;
      const ladder = {
        first: smallest * reduction_factor ** min_early_stopping_rate,
        factor: reduction_factor,
        bootstrap: bootstrap_count,
        called: 'this rung',
      };
      return fallsFrom(ladder, study, trial, () => true, asked);
    },
  };
}
