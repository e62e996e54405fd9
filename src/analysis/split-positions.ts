/** Which examples of a dataset to predict when a split of the model's own run is asked for. */
import { LatheError } from '../base/errors';
import { countExamples, splitDataset } from '../data/prepare';
import type { BlobStore } from '../store/blobs';
import type { DatasetRow } from '../store/schema';
import type { TrainedModel } from '../store/trained-model';
import type { PredictionSplit } from './api';

/**
 * Positions in the dataset, ascending. The splits of a run are drawn again from its config, whose seed gives the same
 * ones.
 * @throws LatheError of kind `data` when the model was not trained on this dataset, or the split is empty.
 */
export async function splitPositions(
  dataset: DatasetRow,
  { config, preprocessing, dataset_hash: trainedOn, name }: TrainedModel,
  split: PredictionSplit,
  blobs: BlobStore,
): Promise<Uint32Array> {
  if (split === 'all') return Uint32Array.from({ length: countExamples(dataset, preprocessing) }, (_, i) => i);
  if (trainedOn !== dataset.content_hash) {
    throw new LatheError(
      'data',
      `${name} was not trained on “${dataset.name}”, so there is no ${TITLES[split]} split of it to predict. Predict all examples instead.`,
    );
  }
  // Roles may have been changed since: what the model predicts is what the run split by.
  const data =
    dataset.kind === 'text' ? config.data : { ...config.data, target: preprocessing.target, task: preprocessing.task };
  const splits = await splitDataset(dataset, { ...config, data }, blobs);
  const positions = { train: splits.train, val: splits.validation, test: splits.test }[split];
  if (positions.length > 0) return positions;
  throw new LatheError(
    'data',
    `The run of ${name} held no examples back for the ${TITLES[split]} split. Predict another split or all examples.`,
    { key: `data.split.${TITLES[split]}` },
  );
}

const TITLES = { train: 'training', val: 'validation', test: 'test' };
