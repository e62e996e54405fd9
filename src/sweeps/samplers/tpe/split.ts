/** Which trials count as good and which as poor. */
import type { Direction } from '../../../config/search/search';
import type { TrialRow } from '../../../store/study';
import { smallest } from './order';
import { bestOfSeveral } from './several-objectives';

/** Most trials that count as good where there is one objective. */
const MOST_BELOW = 25;

/** Trials by what they are learnt from as, each oldest first. */
export interface Split {
  /** Good ones. */
  below: TrialRow[];
  /** All others: poor, failed, and with them those that still run. */
  above: TrialRow[];
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
  const complete: TrialRow[] = [];
  const pruned: TrialRow[] = [];
  const violating: TrialRow[] = [];
  let ended = 0;
  for (const trial of trials) {
    if (trial.state === 'running') continue;
    ended++;
    if (trial.state === 'failed' || isUseless(trial)) continue;
    if (trial.violation > 0) violating.push(trial);
    else if (trial.state === 'complete') complete.push(trial);
    else pruned.push(trial);
  }

  const below = new Set<TrialRow>();
  const room = (): number => countBelow(ended, directions.length) - below.size;
  for (const trial of bestComplete(complete, directions, room())) below.add(trial);
  const reach = pruned.map((trial) => prunedOrder(trial, directions[0]));
  for (const i of smallest(reach, room())) below.add(pruned[i]);
  const violations = violating.map(({ violation }) => [violation]);
  for (const i of smallest(violations, room())) below.add(violating[i]);
  return { below: trials.filter((trial) => below.has(trial)), above: trials.filter((trial) => !below.has(trial)) };
}

/** Whether a complete trial lacks an objective; it is taken for a failed one. */
const isUseless = ({ state, values }: TrialRow): boolean =>
  state === 'complete' && (values === null || values.length === 0 || values.some((value) => Number.isNaN(value)));

function bestComplete(trials: TrialRow[], directions: readonly Direction[], count: number): TrialRow[] {
  const losses = trials.map(({ values }) =>
    directions.map((direction, objective) => loss(values?.[objective] ?? NaN, direction)),
  );
  const chosen = directions.length === 1 ? smallest(losses, count) : bestOfSeveral(losses, count);
  return chosen.map((i) => trials[i]);
}

/** Less is better. */
const loss = (value: number, direction: Direction): number => (direction === 'minimize' ? value : -value);

/** The later the last step the better, then the value there; those that reported nothing come last. */
function prunedOrder({ intermediate: { steps, values } }: TrialRow, direction: Direction): number[] {
  const step = steps.at(-1);
  if (step === undefined) return [Infinity, 0];
  const last = loss(values.at(-1) ?? NaN, direction);
  return [-step, Number.isNaN(last) ? Infinity : last];
}
