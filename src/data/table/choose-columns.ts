/** Which columns of a table a run predicts, and which it predicts from. */
import { LatheError } from '../../base/errors';
import { nearest } from '../../config/nearest';
import type { ColumnRole, RunConfig } from '../../config/schema';
import type { ColumnSummary, TableDatasetRow } from '../../store/schema';

/** A column with its place in the table and the role that counts. */
export interface ChosenColumn {
  index: number;
  name: string;
  role: ColumnRole;
  summary: ColumnSummary;
}

/** Columns to predict, and all the others. */
export interface ChosenColumns {
  targets: ChosenColumn[];
  others: ChosenColumn[];
}

/**
 * Applies the config's roles over the dataset's, and finds the target.
 * @throws LatheError of kind `config` for a column that does not exist, `data` when nothing says what to predict.
 */
export function chooseColumns(dataset: TableDatasetRow, data: RunConfig['data']): ChosenColumns {
  const names = dataset.columns.map(({ name }) => name);
  for (const name of Object.keys(data.columns)) requireColumn(name, names, `data.columns.${name}`);
  const wanted = data.target === null ? null : [data.target].flat();
  wanted?.forEach((name) => requireColumn(name, names, 'data.target'));

  const columns = dataset.columns.map((summary, index): ChosenColumn => {
    const role = Object.hasOwn(data.columns, summary.name) ? data.columns[summary.name] : summary.role;
    return { index, name: summary.name, role, summary };
  });
  const targets = wanted
    ? [...new Set(wanted)].flatMap((name) => columns.filter((column) => column.name === name))
    : columns.filter(({ role }, i) => isLabel(role, columns[i], data));
  if (targets.length === 0) {
    throw new LatheError(
      'data',
      `Nothing says which column of “${dataset.name}” to predict. Set data.target to one of ${names.join(', ')}, or give a column the role label.`,
      { key: 'data.target' },
    );
  }
  const others = columns
    .filter((column) => !targets.includes(column))
    .map((column) => (column.role === 'label' ? { ...column, role: kindOf(column.summary) } : column));
  return { targets, others };
}

/** A label that the config names takes the place of the one that the dataset has. */
function isLabel(role: ColumnRole, column: ChosenColumn, data: RunConfig['data']): boolean {
  if (role !== 'label') return false;
  const named = Object.values(data.columns).includes('label');
  return !named || data.columns[column.name] === 'label';
}

/** What a label column is when something else is predicted. */
function kindOf(summary: ColumnSummary): ColumnRole {
  if (summary.numeric) return 'number';
  return summary.distinct <= 200 ? 'category' : 'text';
}

function requireColumn(name: string, names: string[], key: string): void {
  if (names.includes(name)) return;
  const near = closeNames(name, names);
  throw new LatheError(
    'config',
    `${key} names the column “${name}”, which the dataset does not have. ${near ? `Did you mean ${near}? ` : ''}Its columns are ${names.join(', ')}.`,
    { key, column: name },
  );
}

/** Names that `name` may have been meant for, as words; null: none comes close. */
function closeNames(name: string, names: string[]): string | null {
  const lower = name.toLowerCase();
  const near = new Set(names.filter((each) => each.toLowerCase() === lower));
  const closest = nearest(name, names);
  if (closest) near.add(closest);
  if (lower.length >= 3) {
    for (const each of names)
      if (each.toLowerCase().includes(lower) || lower.includes(each.toLowerCase())) near.add(each);
  }
  return near.size > 0
    ? [...near]
        .slice(0, 3)
        .map((each) => `“${each}”`)
        .join(' or ')
    : null;
}
