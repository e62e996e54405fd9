/** Which trials count as good and which as poor. */
import type { Direction } from '../../../config/search/search';
import type { TrialRow } from '../../../store/study';
import { smallest } from './order';
import { bestOfSeveral } from './several-objectives';

/** Most trials that count as good where there is one objective. */
const MOST_BELOW = 25;

/** Places of trials by what they are learnt from as, rising. */
export interface Split {
  /** Good ones. */
  below: number[];
  /** All others: poor, failed, and with them those that still run. */
  above: number[];
}

/** How many of `n` trials that ended count as good. */
export const countBelow = (n: number, objectives: number): number =>
  objectives === 1 ? Math.min(Math.ceil(0.1 * n), MOST_BELOW) : Math.ceil(0.1 * n);

/**
 * Divides `trials` (complete, pruned, failed and running, oldest first). The best come from the complete ones; where those are
 * too few from the pruned ones, those that came furthest first; then from those that violate a constraint, the least first. A
 * failed trial is never good: neither is a running one, so that the next trial keeps away from it (the constant liar).
 */
export function splitTrials(trials: readonly TrialRow[], directions: readonly Direction[]): Split {
  const complete: number[] = [];
  const pruned: number[] = [];
  const violating: number[] = [];
  let ended = 0;
  trials.forEach((trial, place) => {
    if (trial.state === 'running') return;
    ended++;
    if (trial.state === 'failed' || isUseless(trial)) return;
    if (trial.violation > 0) violating.push(place);
    else if (trial.state === 'complete') complete.push(place);
    else pruned.push(place);
  });

  const good = new Uint8Array(trials.length);
  let room = countBelow(ended, directions.length);
  const take = (places: number[], key: (trial: TrialRow) => number[], best = smallest): void => {
    if (room === 0 || places.length === 0) return;
    const keys = places.map((place) => key(trials[place]));
    for (const i of best(keys, room)) {
      good[places[i]] = 1;
      room--;
    }
  };
  take(complete, (trial) => losses(trial, directions), directions.length > 1 ? bestOfSeveral : smallest);
  take(pruned, (trial) => prunedOrder(trial, directions[0]));
  take(violating, ({ violation }) => [violation]);

  const split: Split = { below: [], above: [] };
  good.forEach((isGood, place) => (isGood ? split.below : split.above).push(place));
  return split;
}

/** Whether a complete trial lacks an objective; it is taken for a failed one. */
const isUseless = ({ state, values }: TrialRow): boolean =>
  state === 'complete' && (values === null || values.length === 0 || values.some((value) => Number.isNaN(value)));

const losses = ({ values }: TrialRow, directions: readonly Direction[]): number[] =>
  directions.map((direction, objective) => loss(values?.[objective] ?? NaN, direction));

/** Less is better. */
const loss = (value: number, direction: Direction): number => (direction === 'minimize' ? value : -value);

/** The later the last step the better, then the value there; those that reported nothing come last. */
function prunedOrder({ intermediate: { steps, values } }: TrialRow, direction: Direction): number[] {
  const step = steps.at(-1);
  if (step === undefined) return [Infinity, 0];
  const last = loss(values.at(-1) ?? NaN, direction);
  return [-step, Number.isNaN(last) ? Infinity : last];
}
