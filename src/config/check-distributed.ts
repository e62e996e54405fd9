/** What does not go together with training in a group. */
import type { ConfigProblem } from './explain';
import type { RunConfig } from './schema';

/** One problem for each setting of `config` that a group cannot follow. */
export function checkDistributed({ training, profiling, optimization }: RunConfig): ConfigProblem[] {
  const { distributed, batch_size, gradient_accumulation } = training;
  if (!distributed.enabled) return [];
  const problems: ConfigProblem[] = [];
  const refuse = (key: string, message: string): void => void problems.push({ key, message: `${key} ${message}` });
  if (batch_size === 'auto') {
    refuse(
      'training.batch_size',
      'is auto, which goes by one device, and training.distributed.enabled asks for a group. Say how many examples a step has.',
    );
  } else if (distributed.local_steps === null && distributed.micro_batches > batch_size * gradient_accumulation) {
    refuse(
      'training.distributed.micro_batches',
      `is ${distributed.micro_batches}, but a step has ${batch_size * gradient_accumulation} examples. Lower it, or raise training.batch_size.`,
    );
  }
  if (profiling.enabled) {
    refuse('profiling.enabled', 'measures the steps of one device. Set it to false, or train without a group.');
  }
  if (distributed.data === 'streamed' && optimization.hyperparameter_search.enabled) {
    refuse('training.distributed.data', 'is streamed, which a search cannot be. Set it to local.');
  }
  return problems;
}
