/** Images made ready: decoded once into memory, split, standardised by the training images. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';
import type { BlobStore } from '../store/blobs';
import type { ImageDatasetRow, Notice, Preprocessing } from '../store/schema';
import type { PredictionData, PreparedData } from './contract';
import { fitImages, imageInputs, inputShape } from './features/images';
import { classTargets, fitClasses, fitTargetScale, scaledTargets } from './features/targets';
import type { ImageShape } from './images/decode';
import { readIndices, readPixels } from './images/pixels';
import { limitExamples } from './limit';
import { countClasses, noticeUnseen, plural, taskWithoutText, warning } from './prepare-common';
import { splitExamples, type Splits } from './split';
import type { CategoryColumn } from './table/columns';

/** What images are asked for: their label. */
const TARGET = 'label';

/** Labelled images as batches. @throws LatheError of kind `config` or `data`. */
export async function prepareImages(
  dataset: ImageDatasetRow,
  config: RunConfig,
  blobs: BlobStore,
): Promise<PreparedData> {
  const { kept, splits, task, shape, target, notices } = await selectImages(dataset, config, blobs);
  const pixels = await readPixels(dataset, kept, shape, blobs);
  const scale = fitImages(pixels, shape, splits.train);
  const inputs = imageInputs(pixels, shape, scale);
  return {
    examples: kept.length,
    preprocessing: {
      version: 1,
      task,
      input_shape: [shape.height, shape.width, shape.channels],
      inputs: { kind: 'images', ...scale },
      target: [TARGET],
      classes: target.classes,
      target_scale: target.scale,
    },
    splits,
    class_counts: target.classes ? countClasses(target.indices, splits.train, target.classes.length) : null,
    notices,
    batch: (indices) => ({ n: indices.length, inputs: inputs(indices), targets: target.targetsOf(indices) }),
  };
}

/** What a run takes from a set of images before any is decoded. */
export interface SelectedImages {
  /** Position of each example in the dataset, ascending. */
  kept: Uint32Array;
  /** Examples (not positions) of each split. */
  splits: Splits;
  task: Preprocessing['task'];
  shape: ImageShape;
  target: Target;
  notices: Notice[];
}

/** The images that a run uses, their splits and targets. @throws LatheError of kind `config` or `data`. */
export async function selectImages(
  dataset: ImageDatasetRow,
  config: RunConfig,
  blobs: BlobStore,
): Promise<SelectedImages> {
  const { data } = config;
  refuseColumns(dataset, data);
  const seed = config.reproducibility.seed;
  const notices: Notice[] = [];
  const index = await readIndices(dataset, blobs);
  const kept = keptImages(dataset, index.labels, index.test, config, notices);
  const labels: CategoryColumn = {
    values: dataset.classes,
    codes: Int32Array.from(kept, (position) => index.labels[position]),
  };
  const test = Uint8Array.from(kept, (position) => index.test[position]);
  const task = taskWithoutText(data.task, dataset.name) ?? 'classification';
  const splits = splitExamples({
    examples: kept.length,
    strata: data.split.stratify && task === 'classification' ? labels.codes : null,
    sourceTest: test,
    ...data.split,
    seed,
  });

  const shape = inputShape(dataset, data.image_size);
  noticeScaling(dataset, shape, notices);
  const target = fitTarget(dataset, labels, splits.train, task);
  if (target.classes) noticeUnseen('the images', labels, target.classes, null, notices);
  return { kept, splits, task, shape, target, notices };
}

/** Images, or those at `positions` (ascending), as batches for a trained model; any size and colour is brought to what the model takes. */
export async function predictImages(
  dataset: ImageDatasetRow,
  preprocessing: Preprocessing,
  scale: { mean: number[]; std: number[] },
  blobs: BlobStore,
  positions?: Uint32Array,
): Promise<PredictionData> {
  const [height, width, channels] = preprocessing.input_shape;
  const shape = { height, width, channels };
  const notices: Notice[] = [];
  const index = await readIndices(dataset, blobs);
  const chosen = positions ?? Uint32Array.from(index.names, (_, i) => i);
  const labels: CategoryColumn = {
    values: dataset.classes,
    codes: Int32Array.from(chosen, (position) => index.labels[position]),
  };
  const target = knownTarget(labels, preprocessing);
  if (preprocessing.classes) noticeUnseen('the images', labels, preprocessing.classes, null, notices);
  const inputs = imageInputs(await readPixels(dataset, chosen, shape, blobs), shape, scale);
  return {
    examples: chosen.length,
    names: Array.from(chosen, (position) => index.names[position]),
    labelled: target.labelled,
    notices,
    batch: (indices) => ({ n: indices.length, inputs: inputs(indices), targets: target.targetsOf(indices) }),
  };
}

/** Images have no columns: a config that names some is meant for other data. */
function refuseColumns(dataset: ImageDatasetRow, data: RunConfig['data']): void {
  const [column] = Object.keys(data.columns);
  if (column !== undefined) {
    throw new LatheError(
      'config',
      `data.columns.${column}: “${dataset.name}” holds images, which have no columns. Remove data.columns.`,
      { key: `data.columns.${column}` },
    );
  }
  const target = data.target === null ? [] : [data.target].flat();
  if (target.some((name) => name !== TARGET)) {
    throw new LatheError(
      'config',
      `data.target is ${target.join(', ')}; “${dataset.name}” holds images, whose only target is their label. Set it to null.`,
      { key: 'data.target' },
    );
  }
}

/** Positions of the images that a run uses: labelled, and within the limit. */
function keptImages(
  dataset: ImageDatasetRow,
  labels: number[],
  test: number[],
  config: RunConfig,
  notices: Notice[],
): Uint32Array {
  if (dataset.classes.length === 0) {
    throw new LatheError(
      'data',
      `The images of “${dataset.name}” have no labels to learn. Sort them into one folder a label, or drop the label file with them.`,
    );
  }
  const pool: number[] = [];
  const held: number[] = [];
  let unlabelled = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] < 0) unlabelled++;
    else (test[i] === 1 ? held : pool).push(i);
  }
  if (unlabelled > 0) notices.push(warning(`${plural(unlabelled, 'image')} without a label left out.`));
  const limited = limitExamples(
    Uint32Array.from(pool),
    config.data.limit,
    Int32Array.from(labels),
    config.reproducibility.seed,
  );
  const kept = new Uint32Array(limited.length + held.length);
  kept.set(limited);
  kept.set(held, limited.length);
  return kept.sort();
}

function noticeScaling({ image }: ImageDatasetRow, shape: ImageShape, notices: Notice[]): void {
  if (!image.uniform) {
    notices.push({
      level: 'info',
      message: `Images of different sizes are scaled to ${shape.width} × ${shape.height}.`,
    });
  } else if (image.height !== shape.height || image.width !== shape.width) {
    notices.push({
      level: 'info',
      message: `Images are scaled from ${image.width} × ${image.height} to ${shape.width} × ${shape.height}; data.image_size sets another size.`,
    });
  }
}

/** What images are to be told apart by, fitted on the training images. */
export interface Target {
  classes: string[] | null;
  scale: { mean: number[]; std: number[] } | null;
  indices: Int32Array;
  targetsOf(indices: ArrayLike<number>): Int32Array | Float32Array;
}

function fitTarget(
  dataset: ImageDatasetRow,
  labels: CategoryColumn,
  train: Uint32Array,
  task: Preprocessing['task'],
): Target {
  if (task === 'classification') {
    const classes = fitClasses(labels, train, `“${dataset.name}”`);
    const indices = classTargets(labels, classes);
    return { classes, scale: null, indices, targetsOf: (own) => pick(indices, own) };
  }
  const numbers = dataset.classes.map(Number);
  const word = dataset.classes.find((_, i) => Number.isNaN(numbers[i]));
  if (word !== undefined) {
    throw new LatheError(
      'data',
      `The images of “${dataset.name}” have the label “${word}”: a regression needs numbers as labels. Set data.task to classification.`,
      { key: 'data.task' },
    );
  }
  const values = Float64Array.from(labels.codes, (code) => numbers[code]);
  const scale = fitTargetScale([{ name: TARGET, values }], train);
  return { classes: null, scale, indices: new Int32Array(), targetsOf: (own) => scaledTargets([values], scale, own) };
}

function knownTarget(
  labels: CategoryColumn,
  { classes, target_scale: scale }: Preprocessing,
): Pick<Target, 'targetsOf'> & { labelled: boolean } {
  if (classes || !scale) {
    const indices = classTargets(labels, classes ?? []);
    return { labelled: indices.some((index) => index >= 0), targetsOf: (own) => pick(indices, own) };
  }
  const numbers = labels.values.map(Number);
  const values = Float64Array.from(labels.codes, (code) => (code < 0 ? NaN : numbers[code]));
  return {
    labelled: values.some((value) => !Number.isNaN(value)),
    targetsOf: (own) => scaledTargets([values], scale, own),
  };
}

const pick = (values: Int32Array, indices: ArrayLike<number>): Int32Array =>
  Int32Array.from(indices, (index) => values[index]);
