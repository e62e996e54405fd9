/** What an exporter works from: a trained model with its weights, and the database that knows the rest. */
import type { Database } from '../store/database';
import { findTrainedModel, readTrainedWeights, type TrainedModel } from '../store/trained-model';
import type { ModelRef } from '../store/schema';
import { LatheError } from '../base/errors';

/** A model about to be exported. */
export interface ExportSource {
  database: Database;
  model: TrainedModel;
  /** All tensors in a row, placed by `model.tensors`. */
  weights: Float32Array;
}

/** The same weights as little-endian bytes, as files hold them. */
export const weightBytes = ({ weights }: ExportSource): Uint8Array =>
  new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);

/**
 * Finds and reads the model `ref`.
 * @throws LatheError of kind `not_found` or `storage`.
 */
export async function openSource(database: Database, ref: ModelRef): Promise<ExportSource> {
  const model = await findTrainedModel(database, ref);
  try {
    return { database, model, weights: await readTrainedWeights(database, model) };
  } catch (error) {
    // While a run trains, a better checkpoint may replace the one that was just found.
    if (!(error instanceof LatheError) || error.kind !== 'not_found') throw error;
    const newer = await findTrainedModel(database, ref);
    return { database, model: newer, weights: await readTrainedWeights(database, newer) };
  }
}
