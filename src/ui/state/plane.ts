/** Data in the plane, read for drawing: a sample of its points, their classes, and the square that holds them. */
import type { Workbench } from '../../app/api';
import type { TableDatasetRow } from '../../store/schema';
import { classCounts, planeOf } from '../datasets';

/** Points of a 2-D dataset. */
export interface PlaneData {
  axes: { x: string; y: string };
  points: { x: number; y: number; label: number }[];
  /** Classes in the order of their colours; empty for a number to be predicted. */
  classes: string[];
  /** With a margin, so that no point lies on the edge. */
  range: { x: [number, number]; y: [number, number] };
}

/** Points drawn at most. */
const LIMIT = 600;

/** Reads the first rows of a dataset that lives in the plane; null for any other. */
export async function readPlane(workbench: Workbench, dataset: TableDatasetRow): Promise<PlaneData | null> {
  const axes = planeOf(dataset);
  if (!axes) return null;
  const preview = await workbench.datasets.preview(dataset.id, 0, LIMIT);
  if (preview.kind !== 'table') return null;
  const index = (name: string): number => dataset.columns.findIndex((column) => column.name === name);
  const [ix, iy] = [index(axes.x), index(axes.y)];
  const il = dataset.columns.findIndex(({ role }) => role === 'label');
  const classes = classCounts(dataset)
    .map(({ value }) => value)
    .sort(compareLabels);
  const read = (cell: string | null): number =>
    cell === null ? NaN : Number(dataset.decimal_comma ? cell.replace(',', '.') : cell);
  const points = preview.rows
    .map((row) => ({ x: read(row[ix]), y: read(row[iy]), label: il < 0 ? -1 : classes.indexOf(row[il] ?? '') }))
    .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  return { axes, points, classes, range: { x: rangeOf(dataset, axes.x), y: rangeOf(dataset, axes.y) } };
}

function rangeOf(dataset: TableDatasetRow, name: string): [number, number] {
  const numeric = dataset.columns.find((column) => column.name === name)?.numeric;
  if (!numeric) return [-1, 1];
  const margin = (numeric.max - numeric.min || 1) * 0.08;
  return [numeric.min - margin, numeric.max + margin];
}

/** Numbers by value, words by their letters: the order in which classes are numbered everywhere. */
export function compareLabels(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  return Number.isFinite(x) && Number.isFinite(y) && a !== '' && b !== '' ? x - y : a < b ? -1 : a > b ? 1 : 0;
}
