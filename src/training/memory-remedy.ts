/** What to change in a config when the device runs out of memory. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';
import { OutOfMemory } from '../engine/device-memory';

/** `error`, with what would help `config` where memory ran out. */
export function withMemoryRemedy(error: LatheError, config: RunConfig): LatheError {
  if (!(error instanceof OutOfMemory)) return error;
  const key = 'training.batch_size';
  return new LatheError(error.kind, `${error.message} ${memoryRemedy(config)}`, { key }, [], { cause: error });
}

/** A sentence that names every setting that would lower the need for memory, the least costly first. */
export function memoryRemedy({ model, training }: RunConfig): string {
  const { batch_size, gradient_accumulation, precision, activation_checkpointing } = training;
  const blocks = model.architecture === 'transformer' || model.architecture === 'convnext';
  const remedies = [
    ...(batch_size !== 1
      ? [
          `lower training.batch_size (now ${batch_size}) and raise training.gradient_accumulation (now ${gradient_accumulation}) as much, which leaves the updates as they are`,
        ]
      : []),
    ...(precision === 'float32' ? ['set training.precision to mixed_float16'] : []),
    ...(blocks && !activation_checkpointing ? ['turn training.activation_checkpointing on'] : []),
    'make the model smaller',
  ];
  const last = remedies.pop() ?? '';
  const list = remedies.length > 0 ? `${remedies.join(', ')}, or ${last}` : last;
  return `${list[0].toUpperCase()}${list.slice(1)}.`;
}
