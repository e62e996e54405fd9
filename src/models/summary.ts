/** What a model will be before it trains: shapes, parameters, memory. No tensor is made for it. */
import type { ModelConfig } from '../config/architectures/registry';
import type { OptimizerConfig } from '../config/optimizers';
import type { RunConfig } from '../config/schema';
import type { ModelSummary } from '../store/schema';
import { planModel, sizeOf, type ModelIo } from './plan';

/** Numbers that an optimizer keeps for each trainable weight. */
function slots(optimizer: OptimizerConfig): number {
  switch (optimizer.name) {
    case 'sgd':
      return optimizer.momentum > 0 ? 1 : 0;
    case 'lion':
      return 1;
    case 'adam':
    case 'adamw':
      return 2;
  }
}

/** Examples a step, as far as `config` says: where it leaves them to the device, one, so that what is shown is the least. */
export const plannedBatch = ({ training: { batch_size } }: RunConfig): number =>
  batch_size === 'auto' ? 1 : batch_size;

/**
 * Summary of the model that `settings` describe.
 * @throws LatheError of kind `config` naming the layer whose input does not fit.
 */
export function summarizeModel(
  settings: ModelConfig,
  io: ModelIo,
  batchSize: number,
  optimizer: OptimizerConfig,
): ModelSummary {
  const plan = planModel(settings, io);
  const layers = plan.map((layer) => ({
    name: layer.name,
    type: layer.settings.type,
    output_shape: layer.output_shape,
    parameters: layer.weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0),
  }));
  const weights = plan.flatMap((layer) => layer.weights);
  const count = (trainable: boolean): number =>
    weights.filter((weight) => weight.trainable === trainable).reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
  const [trainable, fixed] = [count(true), count(false)];
  // Weights, gradients and optimizer state, each in one buffer; of every layer's output the value before and after the
  // activation, and the gradient.
  const state = trainable * (2 + slots(optimizer)) + fixed;
  const activations =
    batchSize * (sizeOf(io.input_shape) + 3 * layers.reduce((sum, l) => sum + sizeOf(l.output_shape), 0));
  return {
    architecture: settings.architecture,
    input_shape: io.input_shape,
    outputs: io.outputs,
    layers,
    parameters: trainable + fixed,
    trainable_parameters: trainable,
    training_bytes: 4 * (state + activations),
  };
}
