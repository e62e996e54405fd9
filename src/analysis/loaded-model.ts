/** A trained model on the device, ready to predict. */
import { describeIo } from '../data/features/io';
import { Inference } from '../models/inference';
import { buildModel } from '../models/model';
import { planModel, sizeOf } from '../models/plan';
import { loadWeights } from '../models/weights';
import type { Preprocessing } from '../store/schema';
import type { TrainedModel } from '../store/trained-model';

/** A model that predicts batches. */
export interface LoadedModel {
  preprocessing: Preprocessing;
  /** Examples of a batch: as many as keep its activations within bounds. */
  batch_size: number;
  /**
   * @param inputs `[n, ...input_shape] float32`.
   * @returns `[n, outputs] float32`: logits, or standardised values; of a language model `[n · context, outputs]`.
   */
  outputs(inputs: Float32Array, n: number): Promise<Float32Array>;
  dispose(): void;
}

/** Floats that the layers of one batch may give together: 64 MiB. */
const MAX_ACTIVATIONS = 2 ** 24;

const MAX_BATCH = 1024;

/**
 * Puts a model on the device. Needs a started backend.
 * @param weights all tensors in a row, placed by `model.tensors`.
 * @throws LatheError of kind `storage` when the weights do not fit the model.
 */
export function loadModel({ config, preprocessing, tensors }: TrainedModel, weights: Float32Array): LoadedModel {
  const io = describeIo(preprocessing);
  const activations = planModel(config.model, io).reduce(
    (sum, layer) => sum + sizeOf(layer.output_shape),
    sizeOf(io.input_shape),
  );
  const model = buildModel(config.model, io, 0);
  try {
    loadWeights(model, weights, tensors);
  } catch (error) {
    model.dispose();
    throw error;
  }
  const inference = new Inference(model);
  return {
    preprocessing,
    batch_size: Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_ACTIVATIONS / activations))),
    outputs: (inputs, n) => inference.outputs(inputs, n),
    dispose() {
      inference.dispose();
      model.dispose();
    },
  };
}
