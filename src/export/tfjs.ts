/**
 * TensorFlow.js's LayersModel format: `model.json` (topology and weights manifest) beside `weights.bin`, as
 * `tf.loadLayersModel` opens it from HTTP, from files or, through tfjs itself, from IndexedDB.
 */
import { LatheError } from '../base/errors';
import { LATHE_VERSION } from '../base/version';
import { describeIo } from '../data/features/io';
import { tf } from '../engine/tf';
import { buildLayersModel } from '../models/layers-model';
import { weightBytes, type ExportSource } from './source';
import type { ArchiveFile } from './zip';

/**
 * The two files of a model. Classification ends in a softmax; a regression gives standardised values. `weights.bin` is
 * the model's weights as they are stored, byte for byte. Needs a started backend.
 * @throws LatheError of kind `config` for an architecture that stock layers cannot make up, `storage` when the weights do
 *   not fit the model.
 */
export function tfjsFiles(source: ExportSource): ArchiveFile[] {
  const { config, preprocessing, tensors } = source.model;
  const model = buildLayersModel(config.model, describeIo(preprocessing), preprocessing.task, {
    data: source.weights,
    tensors,
  });
  try {
    const topology: unknown = model.toJSON(null, false);
    if (typeof topology !== 'object' || topology === null) {
      throw new LatheError('internal', 'tfjs gave no topology of the model.');
    }
    const document = {
      format: 'layers-model',
      generatedBy: `TensorFlow.js tfjs-layers v${tf.version_layers}`,
      convertedBy: `Lathe ${LATHE_VERSION}`,
      modelTopology: topology,
      weightsManifest: [
        { paths: ['weights.bin'], weights: tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
      ],
    };
    return [
      { path: 'model.json', bytes: new TextEncoder().encode(JSON.stringify(document)) },
      { path: 'weights.bin', bytes: weightBytes(source) },
    ];
  } finally {
    model.dispose();
  }
}
