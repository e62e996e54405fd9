/**
 * TensorFlow.js's LayersModel format: `model.json` (topology and weights manifest) beside `weights.bin`, as
 * `tf.loadLayersModel` opens it from HTTP, from files or, through tfjs itself, from IndexedDB.
 */
import { LATHE_VERSION } from '../base/version';
import type { TensorEntry } from '../store/schema';

/** Name of the weights file, relative to `model.json`. */
export const TFJS_WEIGHTS = 'weights.bin';

/**
 * The text of `model.json`.
 * @param topology what tfjs serialises of the model: `{class_name, config, …}`.
 * @param tensors places of the weights inside `weights.bin`, in a row without gaps.
 */
export function tfjsModelJson(topology: object, tensors: TensorEntry[], tfjsVersion: string): string {
  return JSON.stringify({
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${tfjsVersion}`,
    convertedBy: `Lathe ${LATHE_VERSION}`,
    modelTopology: topology,
    weightsManifest: [
      { paths: [TFJS_WEIGHTS], weights: tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
    ],
  });
}
