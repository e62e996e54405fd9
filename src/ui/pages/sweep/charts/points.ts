/** Trials as points of charts: plain arrays that are fast to draw and to search. */
import type { StudyRow, TrialRow, TrialState } from '../../../../store/study';
import { betterBy, isFeasible, valueOf } from '../../../studies';

/** One trial as a point. */
export interface TrialPoint {
  number: number;
  /** NaN where it has no value that can be drawn. */
  value: number;
  state: TrialState;
}

/** Trials with their values for an objective. Those that wait are left out. */
export function pointsOf(trials: readonly TrialRow[], objective: number): TrialPoint[] {
  const points: TrialPoint[] = [];
  for (const trial of trials) {
    if (trial.state === 'waiting') continue;
    points.push({ number: trial.number, value: valueOf(trial, objective) ?? NaN, state: trial.state });
  }
  return points;
}

/** The trials that were each better than all before them, in order. */
export function recordsOf(
  study: StudyRow,
  trials: readonly TrialRow[],
  objective: number,
): { number: number; value: number }[] {
  const records: { number: number; value: number }[] = [];
  for (const trial of trials) {
    if (!isFeasible(trial)) continue;
    const value = valueOf(trial, objective);
    if (value === null) continue;
    const last = records.at(-1);
    if (!last || betterBy(study, objective, value, last.value)) records.push({ number: trial.number, value });
  }
  return records;
}

/** Values of complete trials, ascending, with the trial each belongs to. */
export function sortedValues(
  trials: readonly TrialRow[],
  objective: number,
  among: ReadonlySet<number> | null = null,
): { number: number; value: number }[] {
  const found: { number: number; value: number }[] = [];
  for (const trial of trials) {
    if (trial.state !== 'complete' || (among && !among.has(trial.number))) continue;
    const value = valueOf(trial, objective);
    if (value !== null) found.push({ number: trial.number, value });
  }
  return found.sort((a, b) => a.value - b.value);
}

/** A set for `onbrush`: an empty choice would hide everything, so it is none. */
export function choiceOf(numbers: Iterable<number>): ReadonlySet<number> | null {
  const chosen = new Set(numbers);
  return chosen.size > 0 ? chosen : null;
}

/** At most `limit` of a list, evenly spread over it. */
export function spread<T>(list: readonly T[], limit: number): readonly T[] {
  if (list.length <= limit) return list;
  return Array.from({ length: limit }, (_, i) => list[Math.floor((i * list.length) / limit)]);
}
