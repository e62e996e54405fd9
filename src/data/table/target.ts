/** The target of a table: classes or numbers, as the config says or as the column itself suggests. */
import { LatheError } from '../../base/errors';
import type { RunConfig } from '../../config/schema';
import type { BlobStore } from '../../store/blobs';
import type { Notice, TableDatasetRow } from '../../store/schema';
import { taskWithoutText } from '../prepare-common';
import type { ChosenColumn } from './choose-columns';
import { readCategories, readNumbers, type CategoryColumn } from './columns';

/** What is to be predicted, for every row of the table. */
export type TableTarget = { notices: Notice[] } & (
  | { task: 'classification'; column: CategoryColumn }
  | { task: 'regression'; columns: { name: string; values: Float64Array }[] }
);

/** Whole numbers with at most so many distinct values are classes. */
const NUMERIC_CLASSES = 20;

/**
 * Reads the target columns.
 * @throws LatheError of kind `config` where the task does not fit the number of targets, `data` where it does not fit
 * their values.
 */
export async function readTarget(
  dataset: TableDatasetRow,
  targets: ChosenColumn[],
  data: RunConfig['data'],
  blobs: BlobStore,
): Promise<TableTarget> {
  const task =
    taskWithoutText(data.task, dataset.name) ??
    (targets.length > 1 ? 'regression' : guessTask(targets[0], dataset.examples));
  if (task === 'classification') {
    if (targets.length > 1) {
      throw new LatheError(
        'config',
        `data.target names ${targets.length} columns; a classification predicts one. Name one, or set data.task to regression.`,
        { key: 'data.target' },
      );
    }
    const column = await readCategories(dataset, targets[0].index, blobs);
    refuseNames(targets[0].name, column);
    return { task, column, notices: [] };
  }
  const notices: Notice[] = [];
  const columns: { name: string; values: Float64Array }[] = [];
  for (const { name, index } of targets) {
    const { values, unreadable } = await readNumbers(dataset, index, blobs);
    const numbers = values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
    if (unreadable && unreadable.count > numbers) {
      throw new LatheError(
        'data',
        `The target “${name}” holds words such as “${unreadable.text.slice(0, 40)}”: a regression needs numbers. Set data.task to classification, or choose another target.`,
        { column: name },
      );
    }
    if (unreadable) {
      notices.push({
        level: 'warning',
        message: `The target “${name}” holds ${unreadable.count} cells that are no numbers (the first is “${unreadable.text.slice(0, 40)}”).`,
      });
    }
    columns.push({ name, values });
  }
  return { task, columns, notices };
}

/** Words are classes, and so are few distinct whole numbers; other numbers are values. */
export function guessTask(
  { role, summary }: Pick<ChosenColumn, 'role' | 'summary'>,
  rows: number,
): TableTarget['task'] {
  if (role === 'category' || !summary.numeric) return 'classification';
  const present = rows - summary.missing;
  const few = summary.distinct <= NUMERIC_CLASSES && (summary.distinct <= 2 || summary.distinct <= present / 3);
  // Few distinct values are all among the most frequent ones.
  const whole = summary.top.every(({ value }) => Number.isInteger(Number(value)));
  return few && whole ? 'classification' : 'regression';
}

/** A column in which hardly a value comes twice names the rows; it is no class. */
function refuseNames(name: string, column: CategoryColumn): void {
  const present = column.codes.reduce((count, code) => count + (code >= 0 ? 1 : 0), 0);
  if (column.values.length > 50 && column.values.length > present / 2) {
    throw new LatheError(
      'data',
      `The target “${name}” has ${column.values.length} different values in ${present} rows, too many to be classes. Set data.task to regression if they are numbers, or choose another target.`,
      { column: name },
    );
  }
}
