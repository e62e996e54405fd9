/** Takes in a bundle: verified, held against the model that its config describes, then stored whole. */
import { LatheError } from '../base/errors';
import { newId } from '../base/ids';
import { describeIo } from '../data/features/io';
import { planModel } from '../models/plan';
import { plannedBatch, summarizeModel } from '../models/summary';
import { makeBlobRow } from '../store/blobs';
import type { Database } from '../store/database';
import type { ModelRow, ModelSummary } from '../store/schema';
import { readBundle, type ReadBundle } from './bundle/read';
import { refuse } from './bundle/unpack';

/**
 * Imports a bundle for prediction. One that is in the browser already is not stored twice: its row is returned.
 * @throws LatheError of kind `bundle` when it is refused; nothing is stored then. Kind `storage` when the disk is full.
 */
export async function importBundle(database: Database, file: File): Promise<ModelRow> {
  const zip = new Uint8Array(await readFile(file));
  const bundle = await readBundle(zip, file.name);
  const summary = summarize(bundle, file.name);
  const [stored, weights] = await Promise.all([
    makeBlobRow(new Blob([zip], { type: 'application/zip' })),
    makeBlobRow(bundle.weights),
  ]);
  const known = (await database.getAll('models')).find((row) => row.bundle === stored.hash && row.deleted_at === null);
  if (known) return known;
  const row: ModelRow = {
    id: newId(),
    name: bundle.manifest.name,
    created: Date.now(),
    deleted_at: null,
    config: bundle.config,
    preprocessing: bundle.preprocessing,
    summary,
    metrics: bundle.metrics,
    weights: { hash: weights.hash, tensors: bundle.tensors },
    dataset_name: bundle.manifest.dataset.name,
    dataset_hash: bundle.manifest.dataset.hash,
    bundle_name: file.name,
    bundle: stored.hash,
  };
  try {
    const transaction = database.transaction(['blobs', 'models'], 'readwrite');
    await Promise.all([
      transaction.objectStore('blobs').put(stored),
      transaction.objectStore('blobs').put(weights),
      transaction.objectStore('models').put(row),
      transaction.done,
    ]);
  } catch (error) {
    throw LatheError.from(error, 'storage');
  }
  return row;
}

async function readFile(file: File): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LatheError('bundle', `${file.name} cannot be read: ${reason}. Drop it again.`, { file: file.name }, [], {
      cause: error,
    });
  }
}

/** The summary of the bundle's model, after its weights were found to be those that the config asks for. */
function summarize({ config, preprocessing, tensors }: ReadBundle, name: string): ModelSummary {
  const io = describeIo(preprocessing);
  try {
    const expected = new Map(
      planModel(config.model, io).flatMap((layer) =>
        layer.weights.map(({ name: weight, shape }) => [`${layer.name}/${weight}`, shape.join(', ')]),
      ),
    );
    for (const tensor of tensors) {
      const shape = expected.get(tensor.name);
      if (shape === undefined) {
        throw refuse(name, `its weights hold ${tensor.name}, which the model of config.yaml does not have.`);
      }
      if (shape !== tensor.shape.join(', ')) {
        throw refuse(
          name,
          `its weights hold ${tensor.name} as [${tensor.shape.join(', ')}], the model of config.yaml needs [${shape}].`,
        );
      }
      expected.delete(tensor.name);
    }
    const [missing] = expected.keys();
    if (missing !== undefined) throw refuse(name, `its weights lack ${missing}, which the model of config.yaml needs.`);
    return summarizeModel(config.model, io, plannedBatch(config), config.training.optimizer);
  } catch (error) {
    const cause = LatheError.from(error, 'bundle');
    if (cause.kind === 'bundle') throw cause;
    throw refuse(name, `config.yaml and preprocessing.json contradict each other: ${cause.message}`, 'config.yaml');
  }
}
