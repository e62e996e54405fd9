/** Ends a trial whose best value is worse than the median of the others at the same step. Optuna's median pruner. */
import type { PrunerConfig } from '../../config/search/pruners';
import { prunerByPercentile } from './percentile';
import type { Pruner } from './pruner';

/** The 50th percentile, see `percentile.ts`. */
export const medianPruner = (settings: Extract<PrunerConfig, { name: 'median' }>): Pruner =>
  prunerByPercentile(
    { ...settings, percentile: 50 },
    (best, step, limit, trials) =>
      `Its best value ${best} at step ${step} is worse than the median ${limit} of ${trials}.`,
  );
