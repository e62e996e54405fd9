/** One look at all cells of a column: what is in it, counted. Roles are guessed and summaries made from this. */
import type { BlobStore } from '../../store/blobs';
import type { ColumnRole } from '../../config/schema';
import type { ColumnSummary, Histogram } from '../../store/schema';
import { dayFirstEvidence, readDate } from '../values/date';
import { plainNumber, readNumber } from '../values/number';
import { columnChunks, countRows, type StoredTable, type Unreadable } from './columns';

/** Distinct values are told apart up to this many. */
export const DISTINCT_LIMIT = 10_000;

const TOP = 50;
const CODE = /^0\d{2,}$/;
const BINS = 24;

/** What the cells of one column are. */
export interface ColumnProfile {
  name: string;
  rows: number;
  missing: number;
  /** Distinct values, counted up to `DISTINCT_LIMIT`. */
  distinct: number;
  /** Whether no value appears twice (as far as distinct values are told apart). */
  unique: boolean;
  /** Cells that read as numbers, and of these the whole ones. */
  numbers: number;
  integers: number;
  /** Numbers that begin with a zero as codes do: 007, 01234. */
  codes: number;
  /** Whether the numbers rise by one from row to row. */
  counting: boolean;
  dates: number;
  /** Whether some date tells which of day and month comes first. */
  dayOrder: boolean;
  /** Over the cells that are there, in characters. */
  meanLength: number;
  /** Share of the cells that are there and hold white space. */
  spaced: number;
  numeric: { min: number; max: number; mean: number; std: number; histogram: Histogram } | null;
  top: { value: string; count: number }[];
  /** Cells that read as no number. */
  notNumbers: Unreadable | null;
  /** Numbers that had to be read with care: `1,234`, ` 12 `, `$5`. */
  careful: Unreadable | null;
}

/** Looks at column `column`. */
export async function profileColumn(
  name: string,
  table: StoredTable,
  column: number,
  blobs: BlobStore,
): Promise<ColumnProfile> {
  const rows = countRows(table);
  const counts = new Map<string | number, number>();
  const numbers = new Float64Array(rows).fill(NaN);
  const profile = { missing: 0, dates: 0, codes: 0, dayOrder: false };
  let characters = 0;
  let spaced = 0;
  let notNumbers: Unreadable | null = null;
  let careful: Unreadable | null = null;
  const count = (key: string | number, times = 1): void => {
    const known = counts.get(key);
    if (known !== undefined) counts.set(key, known + times);
    else if (counts.size < DISTINCT_LIMIT) counts.set(key, times);
  };

  for await (const { start, rows: length, chunk } of columnChunks(table, column, blobs)) {
    if (chunk.encoding === 'float64') {
      for (let i = 0; i < length; i++) {
        const value = chunk.values[i];
        if (Number.isNaN(value)) profile.missing++;
        else {
          numbers[start + i] = value;
          count(value);
        }
      }
      continue;
    }
    const times = new Uint32Array(chunk.dictionary.length + 1);
    const first = new Int32Array(chunk.dictionary.length + 1).fill(-1);
    const values = chunk.dictionary.map((text) => readNumber(text, table.decimal_comma));
    for (let i = 0; i < length; i++) {
      const code = chunk.codes[i];
      if (times[code]++ === 0) first[code] = start + i;
      if (code > 0) numbers[start + i] = values[code - 1];
    }
    profile.missing += times[0];
    chunk.dictionary.forEach((text, i) => {
      const n = times[i + 1];
      const plain = plainNumber(text);
      count(Number.isNaN(plain) ? text.trim() : plain, n);
      characters += text.length * n;
      if (/\s/.test(text.trim())) spaced += n;
      if (Number.isNaN(values[i])) {
        notNumbers = add(notNumbers, n, first[i + 1], text);
        if (dayFirstEvidence(text) !== null) profile.dayOrder = true;
        if (!Number.isNaN(readDate(text, false)) || !Number.isNaN(readDate(text, true))) profile.dates += n;
      } else if (CODE.test(text)) {
        profile.codes += n;
      } else if (needsCare(text, table.decimal_comma)) {
        careful = add(careful, n, first[i + 1], text);
      }
    });
  }

  const present = rows - profile.missing;
  const stats = describe(numbers);
  return {
    name,
    rows,
    missing: profile.missing,
    distinct: counts.size,
    unique:
      present > 1 &&
      sum(counts.values()) === counts.size &&
      (present === counts.size || counts.size === DISTINCT_LIMIT),
    numbers: stats?.count ?? 0,
    integers: stats?.integers ?? 0,
    counting: stats !== null && stats.count === rows && stats.counting,
    codes: profile.codes,
    dates: profile.dates,
    dayOrder: profile.dayOrder,
    meanLength: present > 0 ? characters / present : 0,
    spaced: present > 0 ? spaced / present : 0,
    numeric: stats && stats.count >= present / 2 ? { ...stats.numeric, histogram: histogram(numbers, stats) } : null,
    top: topValues(counts),
    notNumbers,
    careful,
  };
}

/** The part of a profile that is stored and shown. */
export function summarise(profile: ColumnProfile, role: ColumnRole): ColumnSummary {
  return {
    name: profile.name,
    role,
    guessed_role: role,
    missing: profile.missing,
    distinct: profile.distinct,
    numeric: profile.numeric,
    top: profile.top,
  };
}

const add = (known: Unreadable | null, count: number, row: number, text: string): Unreadable =>
  known && known.row < row
    ? { ...known, count: known.count + count }
    : { count: (known?.count ?? 0) + count, row, text };

/** Whether a number is not simply digits, with the file's own decimal sign. */
const needsCare = (text: string, decimalComma: boolean): boolean =>
  !(decimalComma ? /^[+-]?\d*(,\d*)?([eE][+-]?\d+)?$/ : /^[+-]?\d*(\.\d*)?([eE][+-]?\d+)?$/).test(text);

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

interface Statistics {
  count: number;
  integers: number;
  counting: boolean;
  numeric: { min: number; max: number; mean: number; std: number };
}

/** Count, range, mean and (population) standard deviation of the numbers that are there (Welford's method). */
function describe(numbers: Float64Array): Statistics | null {
  let [count, integers, mean, m2] = [0, 0, 0, 0];
  let [min, max] = [Infinity, -Infinity];
  let counting = true;
  let last = NaN;
  for (const value of numbers) {
    if (Number.isNaN(value)) continue;
    count++;
    if (Number.isInteger(value)) integers++;
    if (count > 1 && value !== last + 1) counting = false;
    last = value;
    if (value < min) min = value;
    if (value > max) max = value;
    const delta = value - mean;
    mean += delta / count;
    m2 += delta * (value - mean);
  }
  return count === 0 ? null : { count, integers, counting, numeric: { min, max, mean, std: Math.sqrt(m2 / count) } };
}

function histogram(numbers: Float64Array, { count, integers, numeric: { min, max } }: Statistics): Histogram {
  // Whole numbers of a small range get a bin each.
  const single = integers === count && max - min < BINS;
  const bins = single ? max - min + 1 : max > min ? BINS : 1;
  const width = single ? 1 : (max - min) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of numbers) {
    if (!Number.isNaN(value)) counts[Math.min(bins - 1, Math.floor((value - min) / width))]++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => min + i * width), counts };
}

function topValues(counts: Map<string | number, number>): { value: string; count: number }[] {
  return [...counts]
    .map(([value, count]) => ({ value: String(value), count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, TOP);
}
