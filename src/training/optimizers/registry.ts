/** Every optimizer. To add one: its settings in `config/optimizers.ts`, a file here, a line below. */
import type { OptimizerConfig } from '../../config/optimizers';
import { adam, adamw } from './adam';
import { lion } from './lion';
import type { Optimizer } from './optimizer';
import { sgd } from './sgd';

/** The optimizer that `settings` name. */
export function createOptimizer(settings: OptimizerConfig): Optimizer {
  switch (settings.name) {
    case 'sgd':
      return sgd(settings);
    case 'adam':
      return adam(settings);
    case 'adamw':
      return adamw(settings);
    case 'lion':
      return lion(settings);
  }
}
