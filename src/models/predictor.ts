/** A trained model ready to predict: probabilities for classification, raw (standardised) values for regression. */
import type { ModelConfig } from '../config/architectures/registry';
import type { Task } from '../config/schema';
import { tf } from '../engine/tf';
import type { TensorEntry } from '../store/schema';
import { buildModel, buildProbabilityModel } from './build';
import type { ModelIo } from './plan';
import { loadWeights } from './weights';

/** Predicts batches. Call `dispose` when done. */
export interface Predictor {
  /**
   * @param inputs `[n, ...input_shape] float32`
   * @returns `[n, outputs] float32`: probabilities (classification), standardised values (regression).
   */
  predict(inputs: Float32Array, n: number): Promise<Float32Array>;
  dispose(): void;
}

/**
 * The model to take away: of classification with a softmax at its end, of regression as it is. Only stock layers.
 * @throws LatheError of kind `storage` when the weights do not fit the model.
 */
export function buildExportModel(
  settings: ModelConfig,
  io: ModelIo,
  task: Task,
  weights: { data: Float32Array; tensors: TensorEntry[] },
): tf.Sequential {
  const model = task === 'classification' ? buildProbabilityModel(settings, io) : buildModel(settings, io, 0);
  loadWeights(model, weights.data, weights.tensors);
  return model;
}

/** A predictor on the backend that runs. */
export function createPredictor(
  settings: ModelConfig,
  io: ModelIo,
  task: Task,
  weights: { data: Float32Array; tensors: TensorEntry[] },
): Predictor {
  const model = buildExportModel(settings, io, task, weights);
  return {
    async predict(inputs, n) {
      const output = tf.tidy(() => forward(model, tf.tensor(inputs, [n, ...io.input_shape])));
      try {
        return await output.data<'float32'>();
      } finally {
        output.dispose();
      }
    },
    dispose: () => void model.dispose(),
  };
}

/** One forward pass, `[n, ...input] → [n, outputs]`. */
export function forward(model: tf.LayersModel, inputs: tf.Tensor, training = false): tf.Tensor2D {
  const output = model.apply(inputs, { training });
  if (!(output instanceof tf.Tensor)) throw new TypeError('A model gave several outputs.');
  return output.as2D(output.shape[0] ?? 0, output.shape[1] ?? 1);
}
