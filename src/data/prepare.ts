/** From a stored dataset to examples as numbers: for a run, and for a trained model. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';
import type { BlobStore } from '../store/blobs';
import type { DatasetRow, Preprocessing } from '../store/schema';
import type { PredictionData, PreparedData } from './contract';
import { predictImages, prepareImages } from './prepare-images';
import { predictTable, prepareTable } from './prepare-table';

/**
 * Makes a dataset ready to train on: target and task decided, splits drawn, preprocessing fitted on the training split
 * alone. A function of the dataset and the config: called again it gives the same examples in the same order.
 * @throws LatheError of kind `config` when the config does not fit the data, of kind `data` when the data cannot be
 * learnt from.
 */
export function prepareTraining(dataset: DatasetRow, config: RunConfig, blobs: BlobStore): Promise<PreparedData> {
  return dataset.kind === 'table' ? prepareTable(dataset, config, blobs) : prepareImages(dataset, config, blobs);
}

/**
 * Makes a dataset ready for a trained model, by the preprocessing that was saved with it.
 * @throws LatheError of kind `data` when the dataset is not of the kind, or lacks a column, that the model takes.
 */
export async function preparePrediction(
  dataset: DatasetRow,
  preprocessing: Preprocessing,
  blobs: BlobStore,
): Promise<PredictionData> {
  const { inputs } = preprocessing;
  if (dataset.kind === 'table' && inputs.kind === 'table') {
    return predictTable(dataset, preprocessing, inputs.columns, blobs);
  }
  if (dataset.kind === 'images' && inputs.kind === 'images') {
    return predictImages(dataset, preprocessing, inputs, blobs);
  }
  throw new LatheError(
    'data',
    inputs.kind === 'images'
      ? `The model takes images, and “${dataset.name}” is a table. Give it image files.`
      : `The model takes rows of a table, and “${dataset.name}” holds images. Give it a CSV file with its columns.`,
  );
}
