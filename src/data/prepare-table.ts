/** Tables made ready: columns chosen, target read, rows split, inputs fitted on the training rows. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';
import type { BlobStore } from '../store/blobs';
import type { ColumnTransform, Notice, Preprocessing, TableDatasetRow } from '../store/schema';
import type { Batch, PredictionData, PreparedData } from './contract';
import {
  categoryInput,
  fitCategory,
  fitNumber,
  MAX_CATEGORIES,
  numberInput,
  type ColumnInput,
} from './features/columns';
import { classTargets, fitClasses, fitTargetScale, scaledTargets } from './features/targets';
import { limitExamples } from './limit';
import { countClasses, joinNames, noticeUnseen, plural, warning } from './prepare-common';
import { splitExamples, type Splits } from './split';
import { chooseColumns, type ChosenColumn } from './table/choose-columns';
import { readCategories, readDates, readNumbers, type CategoryColumn, type Unreadable } from './table/columns';
import { readTarget, type TableTarget } from './table/target';

/** A training table as batches. @throws LatheError of kind `config` or `data`. */
export async function prepareTable(
  dataset: TableDatasetRow,
  config: RunConfig,
  blobs: BlobStore,
): Promise<PreparedData> {
  const { targets, others, target, rows, splits, notices } = await selectRows(dataset, config, blobs);
  const train = splits.train.map((example) => rows[example]);

  const inputs: ColumnInput[] = [];
  const transforms: ColumnTransform[] = [];
  const ignored = new Map<keyof typeof IGNORED, ChosenColumn[]>();
  for (const column of others) {
    const fitted = await fitColumn(dataset, column, train, blobs, notices);
    if (fitted.ignored !== undefined) {
      if (fitted.ignored) ignored.set(fitted.ignored, [...(ignored.get(fitted.ignored) ?? []), column]);
      continue;
    }
    inputs.push(fitted.input);
    transforms.push(fitted.transform);
  }
  for (const [reason, columns] of ignored) notices.push(ignoredNotice(IGNORED[reason], columns));
  if (inputs.length === 0) {
    throw new LatheError(
      'data',
      `No column of “${dataset.name}” is left to predict ${joinNames(targets)} from: all others are ignored, free text, constant or missing. Give one the role number, category or date.`,
    );
  }

  const fit = fitTarget(target, train, targets);
  if (fit.classes && target.task === 'classification')
    noticeUnseen(targets[0].name, target.column, fit.classes, rows, notices);
  const preprocessing: Preprocessing = {
    version: 1,
    task: target.task,
    input_shape: [inputs.reduce((sum, { width }) => sum + width, 0)],
    inputs: { kind: 'table', columns: transforms, decimal_comma: dataset.decimal_comma },
    target: targets.map(({ name }) => name),
    classes: fit.classes,
    target_scale: fit.scale,
  };
  return {
    examples: rows.length,
    preprocessing,
    splits,
    class_counts: fit.classes ? countClasses(fit.indices, train, fit.classes.length) : null,
    notices,
    batch: tableBatches(inputs, rows, fit.targetsOf),
  };
}

/** What a run takes from a table before anything is fitted. */
export interface SelectedRows {
  targets: ChosenColumn[];
  others: ChosenColumn[];
  target: TableTarget;
  /** Row of each example, ascending. */
  rows: Uint32Array;
  /** Examples (not rows) of each split. */
  splits: Splits;
  notices: Notice[];
}

/** The rows of a table that a run uses, and their splits. @throws LatheError of kind `config` or `data`. */
export async function selectRows(dataset: TableDatasetRow, config: RunConfig, blobs: BlobStore): Promise<SelectedRows> {
  const { targets, others } = chooseColumns(dataset, config.data);
  const target = await readTarget(dataset, targets, config.data, blobs);
  const notices: Notice[] = [...target.notices];
  const seed = config.reproducibility.seed;

  const labelled = rowsWithTarget(target, dataset, notices);
  const strata = target.task === 'classification' ? target.column.codes : null;
  const rows = limitExamples(labelled, config.data.limit, strata, seed);
  const splits = splitExamples({
    examples: rows.length,
    strata: strata && config.data.split.stratify ? Int32Array.from(rows, (row) => strata[row]) : null,
    sourceTest: null,
    ...config.data.split,
    seed,
  });
  return { targets, others, target, rows, splits, notices };
}

/**
 * A table, or the rows `positions` of it, as batches for a trained model.
 * @throws LatheError of kind `data` when it lacks a column that the model needs.
 */
export async function predictTable(
  dataset: TableDatasetRow,
  preprocessing: Preprocessing,
  transforms: ColumnTransform[],
  blobs: BlobStore,
  positions?: Uint32Array,
): Promise<PredictionData> {
  const notices: Notice[] = [];
  const places = new Map(dataset.columns.map(({ name }, i) => [name, i]));
  const lacking = transforms.filter(({ name }) => !places.has(name));
  if (lacking.length > 0) {
    throw new LatheError(
      'data',
      `“${dataset.name}” lacks ${lacking.length === 1 ? 'the column' : 'the columns'} ${joinNames(lacking)}, from which the model predicts; it has ${joinNames(dataset.columns)}. Add or rename columns.`,
      { column: lacking[0].name },
    );
  }
  const inputs: ColumnInput[] = [];
  for (const transform of transforms) {
    inputs.push(await applyColumn(dataset, places.get(transform.name) ?? 0, transform, blobs, notices));
  }
  const rows = positions ?? Uint32Array.from({ length: dataset.examples }, (_, i) => i);
  const { targetsOf, labelled } = await knownTargets(dataset, places, preprocessing, rows, blobs, notices);
  return {
    examples: rows.length,
    names: Array.from(rows, (row) => String(row + 1)),
    labelled,
    notices,
    batch: tableBatches(inputs, rows, targetsOf),
  };
}

type TargetsOf = (rows: Uint32Array) => Int32Array | Float32Array;

function tableBatches(
  inputs: ColumnInput[],
  rows: Uint32Array,
  targetsOf: TargetsOf,
): (indices: ArrayLike<number>) => Batch {
  const width = inputs.reduce((sum, input) => sum + input.width, 0);
  return (indices) => {
    const own = Uint32Array.from(indices, (index) => rows[index]);
    const out = new Float32Array(own.length * width);
    let at = 0;
    for (const input of inputs) {
      for (let i = 0; i < own.length; i++) input.write(own[i], out, i * width + at);
      at += input.width;
    }
    return { n: own.length, inputs: out, targets: targetsOf(own) };
  };
}

/** Rows that have a target; the others are counted in a notice. */
function rowsWithTarget(target: TableTarget, dataset: TableDatasetRow, notices: Notice[]): Uint32Array {
  const present: number[] = [];
  for (let row = 0; row < dataset.examples; row++) {
    const has =
      target.task === 'classification'
        ? target.column.codes[row] >= 0
        : target.columns.every(({ values }) => !Number.isNaN(values[row]));
    if (has) present.push(row);
  }
  const dropped = dataset.examples - present.length;
  if (present.length === 0) {
    throw new LatheError(
      'data',
      `No row of “${dataset.name}” has a value in the target. Choose another target, or fill it in.`,
    );
  }
  if (dropped > 0) {
    notices.push(
      warning(
        `${plural(dropped, 'row')} of “${dataset.name}” without a target ${dropped === 1 ? 'is' : 'are'} left out.`,
      ),
    );
  }
  return Uint32Array.from(present);
}

interface FittedTarget {
  classes: string[] | null;
  scale: { mean: number[]; std: number[] } | null;
  /** Class index by row; empty for a regression. */
  indices: Int32Array;
  targetsOf: TargetsOf;
}

function fitTarget(target: TableTarget, train: Uint32Array, columns: ChosenColumn[]): FittedTarget {
  if (target.task === 'classification') {
    const classes = fitClasses(target.column, train, `The target “${columns[0].name}”`);
    const indices = classTargets(target.column, classes);
    return { classes, scale: null, indices, targetsOf: (rows) => Int32Array.from(rows, (row) => indices[row]) };
  }
  const scale = fitTargetScale(target.columns, train);
  const values = target.columns.map((column) => column.values);
  return { classes: null, scale, indices: new Int32Array(), targetsOf: (rows) => scaledTargets(values, scale, rows) };
}

/** Why a column says nothing, for one column and for several. */
const IGNORED = {
  text: ['holds free text', 'hold free text'],
  image: ['names images', 'name images'],
  missing: ['has no value in the training split', 'have no value in the training split'],
  constant: ['is always the same in the training split', 'are always the same in the training split'],
} as const;

function ignoredNotice([one, many]: readonly [string, string], columns: ChosenColumn[]): Notice {
  return warning(
    columns.length === 1
      ? `Column “${columns[0].name}” ${one}, so it is ignored.`
      : `${columns.length} columns ${many}, so they are ignored: ${joinNames(columns)}.`,
  );
}

type FittedColumn =
  | { transform: ColumnTransform; input: ColumnInput; ignored?: undefined }
  /** Null: the user ignores it, which needs no word. */
  | { ignored: keyof typeof IGNORED | null };

/** Fits one input column, or says why it is ignored. */
async function fitColumn(
  dataset: TableDatasetRow,
  { index, name, role }: ChosenColumn,
  train: Uint32Array,
  blobs: BlobStore,
  notices: Notice[],
): Promise<FittedColumn> {
  switch (role) {
    case 'ignore':
      return { ignored: null };
    case 'text':
    case 'image':
      return { ignored: role };
    case 'category': {
      const column = await readCategories(dataset, index, blobs);
      const { transform, useless, rare } = fitCategory(name, column, train);
      if (!transform) return { ignored: useless };
      if (rare > 0) {
        notices.push(
          warning(
            `Column “${name}” has more than ${MAX_CATEGORIES} categories; the ${rare} rarest are treated as one.`,
          ),
        );
      }
      return { transform, input: categoryInput(transform, column) };
    }
    default: {
      const date = role === 'date' ? await readDates(dataset, index, blobs) : null;
      const column = date ?? (await readNumbers(dataset, index, blobs));
      noticeUnreadable(name, date ? 'date' : 'number', column.unreadable, notices);
      const { transform, useless } = fitNumber(name, column.values, train);
      if (!transform) return { ignored: useless };
      const whole: ColumnTransform = date ? { ...transform, role: 'date', day_first: date.dayFirst } : transform;
      return { transform: whole, input: numberInput(whole, column.values) };
    }
  }
}

async function applyColumn(
  dataset: TableDatasetRow,
  index: number,
  transform: ColumnTransform,
  blobs: BlobStore,
  notices: Notice[],
): Promise<ColumnInput> {
  const { name } = transform;
  if (transform.role === 'category') {
    const column = await readCategories(dataset, index, blobs);
    noticeUnknown(name, column, transform.values, notices);
    return categoryInput(transform, column);
  }
  const { values, unreadable } =
    transform.role === 'date'
      ? await readDates(dataset, index, blobs, transform.day_first)
      : await readNumbers(dataset, index, blobs);
  noticeUnreadable(name, transform.role, unreadable, notices);
  return numberInput(transform, values);
}

async function knownTargets(
  dataset: TableDatasetRow,
  places: Map<string, number>,
  { target, classes, target_scale: scale }: Preprocessing,
  predicted: Uint32Array,
  blobs: BlobStore,
  notices: Notice[],
): Promise<{ targetsOf: TargetsOf; labelled: boolean }> {
  if (classes) {
    const place = places.get(target[0]);
    if (place === undefined) return { targetsOf: (rows) => new Int32Array(rows.length).fill(-1), labelled: false };
    const column = await readCategories(dataset, place, blobs);
    const indices = classTargets(column, classes);
    noticeUnseen(target[0], column, classes, predicted, notices);
    return { targetsOf: (rows) => Int32Array.from(rows, (row) => indices[row]), labelled: indices.some((i) => i >= 0) };
  }
  const values: Float64Array[] = [];
  for (const name of target) {
    const place = places.get(name);
    values.push(
      place === undefined
        ? new Float64Array(dataset.examples).fill(NaN)
        : (await readNumbers(dataset, place, blobs)).values,
    );
  }
  const fitted = scale ?? { mean: target.map(() => 0), std: target.map(() => 1) };
  return {
    targetsOf: (rows) => scaledTargets(values, fitted, rows),
    labelled: values.some((column) => column.some((value) => !Number.isNaN(value))),
  };
}

function noticeUnreadable(name: string, kind: string, unreadable: Unreadable | null, notices: Notice[]): void {
  if (!unreadable) return;
  const { count, row, text } = unreadable;
  notices.push(
    warning(
      `Column “${name}”: ${plural(count, 'cell')} ${count === 1 ? 'is' : 'are'} no ${kind} (the first is “${text.slice(0, 40)}” in example ${row + 1}) and treated as missing.`,
    ),
  );
}

function noticeUnknown(name: string, column: CategoryColumn, values: string[], notices: Notice[]): void {
  const unknown = classTargets(column, values);
  const names = new Set<string>();
  column.codes.forEach((code, row) => {
    if (code >= 0 && unknown[row] < 0 && names.size < 4) names.add(column.values[code]);
  });
  if (names.size > 0) {
    const [first] = names;
    notices.push(
      warning(
        `Column “${name}” holds “${first}”${names.size > 1 ? ' and others' : ''}, which the model has not seen; treated as unknown.`,
      ),
    );
  }
}
