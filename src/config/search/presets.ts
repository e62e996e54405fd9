/** Search spaces to start from. */
import type { RunConfig } from '../schema';
import type { SearchSpaceInput } from './space';

/** A search space that suits the architecture of `config`. */
export function presetSpace(config: RunConfig): SearchSpaceInput {
  void config;
  return {
    'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 1e-1, log: true },
    'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw', 'lion'] },
  };
}
