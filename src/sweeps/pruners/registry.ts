/** Every pruner by its name. */
import type { PrunerConfig } from '../../config/search/pruners';
import { noPruner } from './none';
import type { Pruner } from './pruner';

type Name = PrunerConfig['name'];
type Factory<N extends Name> = (settings: Extract<PrunerConfig, { name: N }>) => Pruner;

const PRUNERS: { [N in Name]: Factory<N> } = {
  none: noPruner,
  median: noPruner,
  percentile: noPruner,
  successive_halving: noPruner,
  hyperband: noPruner,
  patient: noPruner,
  threshold: noPruner,
  wilcoxon: noPruner,
};

/** The pruner that `settings` describes. */
export function createPruner<N extends Name>(settings: Extract<PrunerConfig, { name: N }>): Pruner {
  const factory: Factory<N> = PRUNERS[settings.name];
  return factory(settings);
}
