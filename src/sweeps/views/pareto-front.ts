/** Which trials no other one beats. */
import type { Direction } from '../../config/search/search';
import type { TrialRow } from '../../store/study';

/** A trial with a number for each objective. */
export type ValuedTrial = TrialRow & { values: number[] };

/** Whether a trial counts for the best: complete, within its constraints, every objective a number. */
export function isContender(trial: TrialRow): trial is ValuedTrial {
  const { state, violation, values } = trial;
  return state === 'complete' && violation <= 0 && values !== null && !values.some((value) => Number.isNaN(value));
}

/** The Pareto front, by the first objective from its best on. Of trials with the same values all are on it. */
export function paretoFront(trials: readonly TrialRow[], directions: readonly Direction[]): ValuedTrial[] {
  const losses = (trial: ValuedTrial): number[] =>
    directions.map((direction, i) => (direction === 'minimize' ? trial.values[i] : -trial.values[i]));
  const candidates = trials
    .filter(isContender)
    .map((trial) => ({ trial, losses: losses(trial) }))
    // Whoever beats another comes before it in this order, so that the front never loses a member.
    .sort((a, b) => compare(a.losses, b.losses));
  const front: typeof candidates = [];
  for (const candidate of candidates) {
    if (!front.some((member) => dominates(member.losses, candidate.losses))) front.push(candidate);
  }
  return front.map(({ trial }) => trial);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i < 0 ? 0 : a[i] < b[i] ? -1 : 1;
}

const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => value <= b[i]) && a.some((value, i) => value < b[i]);
