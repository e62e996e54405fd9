/** Every pruner by its name. */
import type { PrunerConfig } from '../../config/search/pruners';
import { hyperbandPruner } from './hyperband';
import { medianPruner } from './median';
import { noPruner } from './none';
import { patientPruner } from './patient';
import { percentilePruner } from './percentile';
import { afterEveryReport, type Asked, type Pruner } from './pruner';
import { successiveHalvingPruner } from './successive-halving';
import { thresholdPruner } from './threshold';
import { wilcoxonPruner } from './wilcoxon';

type Name = PrunerConfig['name'];
type Factory<N extends Name> = (settings: Extract<PrunerConfig, { name: N }>, asked: Asked) => Pruner;

const PRUNERS: { [N in Name]: Factory<N> } = {
  none: noPruner,
  median: medianPruner,
  percentile: percentilePruner,
  successive_halving: successiveHalvingPruner,
  hyperband: hyperbandPruner,
  patient: (settings) => patientPruner(settings, createPruner),
  threshold: thresholdPruner,
  wilcoxon: wilcoxonPruner,
};

/**
 * The pruner that `settings` describes.
 * @param asked After which reports it is asked: after every one, unless another pruner wraps it.
 */
export function createPruner<N extends Name>(
  settings: Extract<PrunerConfig, { name: N }>,
  asked: Asked = afterEveryReport,
): Pruner {
  const factory: Factory<N> = PRUNERS[settings.name];
  return factory(settings, asked);
}
