/** From a stored dataset to examples as numbers: for a run, and for a trained model. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';
import type { BlobStore } from '../store/blobs';
import type { DatasetRow, Preprocessing } from '../store/schema';
import type { PredictionData, PreparedData } from './contract';
import { describeIo, type DatasetIo } from './features/io';
import { predictImages, prepareImages, selectImages } from './prepare-images';
import { predictTable, prepareTable, selectRows } from './prepare-table';
import { describeText, predictText, prepareText, selectWindows } from './prepare-text';
import type { Splits } from './split';
import { windowCount } from './text/windows';

/**
 * Makes a dataset ready to train on: target and task decided, splits drawn, preprocessing fitted on the training split
 * alone. A function of the dataset and the config: called again it gives the same examples in the same order.
 * @throws LatheError of kind `config` when the config does not fit the data, of kind `data` when the data cannot be
 * learnt from.
 */
export async function prepareTraining(dataset: DatasetRow, config: RunConfig, blobs: BlobStore): Promise<PreparedData> {
  switch (dataset.kind) {
    case 'table':
      return prepareTable(dataset, config, blobs);
    case 'images':
      return prepareImages(dataset, config, blobs);
    case 'text':
      return prepareText(dataset, config, blobs);
  }
}

/**
 * Which examples of a dataset a run trains, validates and tests on, as positions in the dataset (rows, images,
 * windows of text), ascending.
 * Nothing is decoded or fitted for it.
 * @throws LatheError as `prepareTraining` does.
 */
export async function splitDataset(dataset: DatasetRow, config: RunConfig, blobs: BlobStore): Promise<Splits> {
  if (dataset.kind === 'text') return selectWindows(dataset, config).splits;
  const [positions, splits] = await selectExamples(dataset, config, blobs);
  const place = (examples: Uint32Array): Uint32Array => examples.map((example) => positions[example]);
  return { train: place(splits.train), validation: place(splits.validation), test: place(splits.test) };
}

async function selectExamples(
  dataset: Exclude<DatasetRow, { kind: 'text' }>,
  config: RunConfig,
  blobs: BlobStore,
): Promise<[positions: Uint32Array, splits: Splits]> {
  if (dataset.kind === 'table') {
    const { rows, splits } = await selectRows(dataset, config, blobs);
    return [rows, splits];
  }
  const { kept, splits } = await selectImages(dataset, config, blobs);
  return [kept, splits];
}

/** How many examples a dataset has for a model of this preprocessing. */
export function countExamples(dataset: DatasetRow, { input_shape }: Preprocessing): number {
  return dataset.kind === 'text' ? windowCount(dataset.examples, input_shape[0]) : dataset.examples;
}

/**
 * What a model of a dataset will take and give, without decoding an image.
 * @throws LatheError as `prepareTraining` does.
 */
export async function describeInput(dataset: DatasetRow, config: RunConfig, blobs: BlobStore): Promise<DatasetIo> {
  if (dataset.kind === 'images') {
    const { shape, target } = await selectImages(dataset, config, blobs);
    return { input_shape: [shape.height, shape.width, shape.channels], outputs: target.classes?.length ?? 1 };
  }
  if (dataset.kind === 'text') return describeIo(await describeText(dataset, config, blobs));
  const { preprocessing } = await prepareTable(dataset, config, blobs);
  return describeIo(preprocessing);
}

/**
 * Makes a dataset ready for a trained model, by the preprocessing that was saved with it: all of it, or the examples at
 * `positions` (rows, images, windows of text; ascending).
 * @throws LatheError of kind `data` when the dataset is not of the kind, or lacks a column, that the model takes.
 */
export async function preparePrediction(
  dataset: DatasetRow,
  preprocessing: Preprocessing,
  blobs: BlobStore,
  positions?: Uint32Array,
): Promise<PredictionData> {
  const { inputs } = preprocessing;
  if (dataset.kind === 'table' && inputs.kind === 'table') {
    return predictTable(dataset, preprocessing, inputs.columns, blobs, positions);
  }
  if (dataset.kind === 'images' && inputs.kind === 'images') {
    return predictImages(dataset, preprocessing, inputs, blobs, positions);
  }
  if (dataset.kind === 'text' && inputs.kind === 'text') {
    return predictText(dataset, preprocessing, inputs.vocabulary, blobs, positions);
  }
  throw new LatheError(
    'data',
    `The model takes ${TAKES[inputs.kind].what}, and “${dataset.name}” ${HOLDS[dataset.kind]}. Give it ${TAKES[inputs.kind].files}.`,
  );
}

const TAKES = {
  table: { what: 'rows of a table', files: 'a CSV file with its columns' },
  images: { what: 'images', files: 'image files' },
  text: { what: 'text', files: 'a text file' },
};

const HOLDS = { table: 'is a table', images: 'holds images', text: 'is text' };
