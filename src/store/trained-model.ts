/** A trained model wherever it is kept: at a checkpoint of a run, imported as a bundle, or as a registered version. */
import type { RunConfig } from '../config/schema';
import { LatheError } from '../base/errors';
import { databaseBlobs, readVerified } from './blobs';
import { loadCheckpoint } from './checkpoints';
import type { Database } from './database';
import { getVersionRow } from './registered-models';
import { versionTitle, type ModelVersionRow } from './registry';
import { getRun } from './runs';
import type { CheckpointRow, ModelRef, ModelRow, Preprocessing, RunRow, TensorEntry } from './schema';

/** Where a trained model came from. */
export type ModelOrigin =
  | { kind: 'run'; run: RunRow; checkpoint: CheckpointRow }
  | { kind: 'import'; model: ModelRow }
  | { kind: 'version'; version: ModelVersionRow };

/** Everything needed to predict, without the weights themselves. */
export interface TrainedModel {
  /** Differs from that of any other run, bundle or version. */
  id: string;
  name: string;
  config: RunConfig;
  preprocessing: Preprocessing;
  /** Content hash of the dataset that it was trained on. */
  dataset_hash: string;
  origin: ModelOrigin;
  /** SHA-256 of the weights' bytes: equal hashes, equal weights. */
  weights_sha256: string;
  tensors: TensorEntry[];
}

/**
 * Finds the model that `ref` names. For a run it is the checkpoint that `ref` asks for, else the best one, else the
 * latest: a run in progress can be tried out too.
 * @throws LatheError of kind `not_found` when it does not exist or the run has no checkpoint yet.
 */
export async function findTrainedModel(database: Database, ref: ModelRef): Promise<TrainedModel> {
  if ('model_id' in ref) {
    const model = await database.get('models', ref.model_id);
    if (!model) throw new LatheError('not_found', `There is no imported model ${ref.model_id} in this browser.`);
    return {
      id: model.id,
      name: model.name,
      config: model.config,
      preprocessing: model.preprocessing,
      dataset_hash: model.dataset_hash,
      origin: { kind: 'import', model },
      weights_sha256: model.weights.hash,
      tensors: model.weights.tensors,
    };
  }
  if ('registered_model' in ref) {
    const version = await getVersionRow(database, ref.registered_model, ref.version);
    return {
      id: `${version.model}/${version.version}`,
      name: versionTitle(version),
      config: version.config,
      preprocessing: version.preprocessing,
      dataset_hash: version.dataset_hash,
      origin: { kind: 'version', version },
      weights_sha256: version.weights.hash,
      tensors: version.weights.tensors,
    };
  }
  const run = await getRun(database, ref.run_id);
  const id = ref.checkpoint ?? run.best_checkpoint ?? run.latest_checkpoint;
  if (!id || !run.preprocessing) {
    throw new LatheError(
      'not_found',
      `The run ${run.name} (${run.id}) has no checkpoint yet. Wait for its first epoch to end, or pause it.`,
    );
  }
  const checkpoint = await database.get('checkpoints', id);
  if (!checkpoint || checkpoint.run_id !== run.id) {
    throw new LatheError('not_found', `The run ${run.name} (${run.id}) has no checkpoint ${id}.`);
  }
  return {
    id: run.id,
    name: run.name,
    config: run.config,
    preprocessing: run.preprocessing,
    dataset_hash: run.dataset_hash,
    origin: { kind: 'run', run, checkpoint },
    weights_sha256: checkpoint.weights.hash,
    tensors: checkpoint.weights.tensors,
  };
}

/**
 * The weights of a model: all tensors in a row, placed by `model.tensors`.
 * @throws LatheError of kind `storage` when they are missing or damaged.
 */
export async function readTrainedWeights(database: Database, model: TrainedModel): Promise<Float32Array> {
  if (model.origin.kind === 'run') return (await loadCheckpoint(database, model.origin.checkpoint.id)).weights;
  return new Float32Array(await readVerified(databaseBlobs(database), model.weights_sha256));
}
