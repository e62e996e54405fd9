/** What the pages say about a dataset, and what they can read off it without asking anyone. */
import { readsTokens } from '../config/architectures/reads-tokens';
import { NOT_HERE, type DatasetRow, type RunRow, type TableDatasetRow } from '../store/schema';
import { formatCount, plural } from './format';

/** `344 rows · 7 columns`, `70,000 images · 28 × 28 · 10 classes`, `12,040 characters · 48 different`. */
export function describeDataset(dataset: DatasetRow): string {
  if (dataset.kind === 'table')
    return `${plural(dataset.examples, 'row')} · ${plural(dataset.columns.length, 'column')}`;
  if (dataset.kind === 'text')
    return `${plural(dataset.examples, 'character')} · ${formatCount(dataset.distinct)} different`;
  const { width, height, uniform } = dataset.image;
  const classes = dataset.classes.length > 0 ? ` · ${plural(dataset.classes.length, 'class', 'classes')}` : '';
  return `${plural(dataset.examples, 'image')} · ${uniform ? '' : 'about '}${formatCount(width)} × ${formatCount(height)}${classes}`;
}

/** The dataset of a run, where it is in this browser: also one that came after others had sent its examples. */
export function datasetOf<T extends Pick<DatasetRow, 'id' | 'content_hash'>>(
  run: Pick<RunRow, 'dataset_id' | 'dataset_hash'>,
  datasets: readonly T[],
): T | null {
  const wanted = (row: T): boolean =>
    run.dataset_id === NOT_HERE ? row.content_hash === run.dataset_hash : row.id === run.dataset_id;
  return datasets.find(wanted) ?? null;
}

/** The columns of a table that are inputs: neither left out nor predicted. */
export function inputColumns(dataset: TableDatasetRow, target: readonly string[] = []): TableDatasetRow['columns'] {
  return dataset.columns.filter(
    ({ name, role }) => ['number', 'category', 'date'].includes(role) && !target.includes(name),
  );
}

/** The two numeric inputs of a dataset that lives in the plane, or null. Only such data has a decision map. */
export function planeOf(dataset: DatasetRow): { x: string; y: string } | null {
  if (dataset.kind !== 'table') return null;
  const inputs = inputColumns(dataset);
  const flat = inputs.length === 2 && inputs.every(({ role }) => role === 'number');
  return flat ? { x: inputs[0].name, y: inputs[1].name } : null;
}

/** Whether an architecture can be trained on a dataset: those that read tokens on text, the others on anything else. */
export const suits = (architecture: string, dataset: DatasetRow | null): boolean =>
  dataset === null || readsTokens(architecture) === (dataset.kind === 'text');

/** Classes with their counts, where the dataset says which column or folder holds them. */
export function classCounts(dataset: DatasetRow): { value: string; count: number }[] {
  if (dataset.kind === 'images')
    return dataset.classes.map((value, index) => ({ value, count: dataset.class_counts[index] ?? 0 }));
  if (dataset.kind === 'text') return [];
  const label = dataset.columns.find(({ role }) => role === 'label');
  // A number to be predicted has no classes to count.
  return label && !(label.numeric && label.distinct > 20) ? label.top : [];
}
