/** Trials as columns of numbers, which is what charts of ten thousand of them draw from. */
import type { Direction } from '../../../../config/search/search';
import type { Objective, StudyRow, TrialRow } from '../../../../store/study';
import type { SearchSpace } from '../../../../config/search/space';
import { shortNames } from '../../../studies';
import { outcomeScale, parameterAxis, type Scale } from './scales';

/** One column: a parameter or an objective. */
export interface Axis {
  /** Unique within a study. */
  id: string;
  /** The parameter's key or the objective's metric. */
  key: string;
  /** The key in short. */
  label: string;
  /** Which way is better; null for a parameter. */
  direction: Direction | null;
  scale: Scale;
  /** By row; NaN where the trial has no value. */
  values: Float64Array;
  /** By row, 0 to 1 on the scale; NaN where the trial has no value. */
  places: Float32Array;
  /** Rows without a value. */
  missing: number;
}

/** Why trials are not in the table, and how many. */
export interface LeftOut {
  pruned: number;
  failed: number;
  running: number;
  waiting: number;
  /** Complete, but an objective is not a finite number. */
  notFinite: number;
}

/** The complete trials of a study whose objectives are finite, a row each. */
export interface TrialTable {
  size: number;
  trials: readonly TrialRow[];
  /** By row. */
  numbers: Int32Array;
  /** By row: 1 where the trial meets its constraints. */
  feasible: Uint8Array;
  /** Rows that do not. */
  unmet: number;
  parameters: readonly Axis[];
  objectives: readonly Axis[];
  leftOut: LeftOut;
  /** Row of a trial; undefined where it is not in the table. */
  rowOf: ReadonlyMap<number, number>;
}

const kept = new WeakMap<readonly TrialRow[], { space: SearchSpace; objectives: Objective[]; table: TrialTable }>();

/** The table of a study; charts that ask with the same list of trials share it. */
export function tableOf({ space, objectives }: StudyRow, trials: readonly TrialRow[]): TrialTable {
  const known = kept.get(trials);
  if (known?.space === space && known.objectives === objectives) return known.table;
  const table = makeTable(space, objectives, trials);
  kept.set(trials, { space, objectives, table });
  return table;
}

function makeTable(space: SearchSpace, objectives: readonly Objective[], trials: readonly TrialRow[]): TrialTable {
  const leftOut: LeftOut = { pruned: 0, failed: 0, running: 0, waiting: 0, notFinite: 0 };
  const rows = trials.filter(({ state, values }) => {
    if (state !== 'complete') leftOut[state]++;
    else if (objectives.every((_, index) => Number.isFinite(values?.[index]))) return true;
    else leftOut.notFinite++;
    return false;
  });
  const keys = Object.keys(space);
  const labels = shortNames(keys);
  return {
    size: rows.length,
    trials: rows,
    numbers: Int32Array.from(rows, ({ number }) => number),
    feasible: Uint8Array.from(rows, ({ violation }) => (violation > 0 ? 0 : 1)),
    unmet: rows.filter(({ violation }) => violation > 0).length,
    parameters: keys.map((key) => {
      const { scale, values } = parameterAxis(
        space[key],
        rows.map(({ params }) => params[key]),
      );
      return axis(`parameter ${key}`, key, labels.get(key) ?? key, null, scale, values);
    }),
    objectives: objectives.map(({ metric, direction }, index) => {
      const values = Float64Array.from(rows, (row) => row.values?.[index] ?? NaN);
      return axis(`objective ${index}`, metric, metric, direction, outcomeScale(values), values);
    }),
    leftOut,
    rowOf: new Map(rows.map(({ number }, row) => [number, row])),
  };
}

function axis(
  id: string,
  key: string,
  label: string,
  direction: Direction | null,
  scale: Scale,
  values: Float64Array,
): Axis {
  const places = Float32Array.from(values, (value) => scale.place(value));
  return { id, key, label, direction, scale, values, places, missing: places.filter(Number.isNaN).length };
}

/** What is not shown, as one line; null where everything is. `more`: reasons of the chart's own. */
export function leftOutText(
  { pruned, failed, running, waiting, notFinite }: LeftOut,
  more: readonly { count: number; reason: string }[] = [],
): string | null {
  const parts = [
    { count: pruned, reason: 'pruned' },
    { count: failed, reason: 'failed' },
    { count: running, reason: 'still running' },
    { count: waiting, reason: 'waiting' },
    { count: notFinite, reason: 'without a finite objective' },
    ...more,
  ].filter(({ count }) => count > 0);
  if (parts.length === 0) return null;
  return `Not shown: ${parts.map(({ count, reason }) => `${count.toLocaleString('en')} ${reason}`).join(', ')}.`;
}
