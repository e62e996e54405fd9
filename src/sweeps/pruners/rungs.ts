/**
 * Asynchronous successive halving (Li et al. 2020, “A system for massively parallel hyperparameter tuning”), as Optuna
 * does it: a trial that reaches a rung goes on if it is among the best 1/η of those that have reached it so far, else it
 * ends; nothing waits. Optuna writes down what a trial's value was at a rung; here it is worked out anew from what the
 * trial reported, so that trials of an earlier sitting, another study or a file count alike.
 */
import type { TrialRow } from '../../store/study';
import type { StudyView } from '../samplers/sampler';
import { counted, figure, figures } from './figures';
import type { Asked } from './pruner';

/** A ladder of rungs, the k-th at the step `first · factor^k`, k from 0. */
export interface Ladder {
  first: number;
  factor: number;
  /** Trials that a rung awaits: as long as there are not more, none goes on from it. */
  bootstrap: number;
  /** What a sentence calls a rung. */
  called: string;
}

/**
 * Whether `trial` fails at a rung that it reached with its last report.
 * @param competes Which of the other trials it competes with, whatever their state.
 * @param asked After which reports the trials were judged by these rungs.
 * @returns Why, or null: it goes on.
 */
export function fallsFrom(
  ladder: Ladder,
  study: StudyView,
  trial: TrialRow,
  competes: (other: TrialRow) => boolean,
  asked: Asked,
): string | null {
  const { steps, values } = trial.intermediate;
  const last = steps.length - 1;
  const step = steps[last];
  const value = values[last];
  let rung = rungValues(ladder, study, trial, last, asked).length;
  if (!(step >= stepOf(ladder, rung))) return null;
  if (Number.isNaN(value)) return `Its value at step ${step} is no number.`;

  const others = study.trials
    .filter((other) => other.number !== trial.number && competes(other))
    .map((peer) => rungValues(ladder, study, peer, peer.intermediate.steps.length, asked));
  const [direction] = study.directions;
  for (; step >= stepOf(ladder, rung); rung++) {
    const competing = Float64Array.from(others.filter(({ length }) => length > rung).map((reached) => reached[rung]));
    const field = counted(competing.length + 1, 'trial');
    if (competing.length < ladder.bootstrap) {
      return `Its value ${figure(value)} at step ${step} is one of ${field} at ${ladder.called}, and none goes on before there are ${ladder.bootstrap + 1}.`;
    }
    const all = Float64Array.of(...competing, value).sort();
    // Fewer than η: only the best one goes on, since a trial cannot wait for others.
    const kept = Math.max(1, Math.floor(all.length / ladder.factor));
    const limit = direction === 'minimize' ? all[kept - 1] : all[all.length - kept];
    if (direction === 'minimize' ? value <= limit : value >= limit) continue;
    const [shown, limitShown] = figures(value, limit);
    return kept === 1
      ? `Its value ${shown} at step ${step} is not the best of ${field} at ${ladder.called}, which is ${limitShown}.`
      : `Its value ${shown} at step ${step} is not among the best ${kept} of ${field} at ${ladder.called}, the last of which is ${limitShown}.`;
  }
  return null;
}

const stepOf = ({ first, factor }: Ladder, rung: number): number => first * factor ** rung;

/**
 * Values of a trial at the rungs that it reached with its first `reports` reports: each the first at or after the rung. A
 * trial that was ended at a report that passes several rungs counts at the first of them: most fall there.
 */
function rungValues(ladder: Ladder, study: StudyView, trial: TrialRow, reports: number, asked: Asked): number[] {
  const { steps, values } = trial.intermediate;
  const reached: number[] = [];
  let next = stepOf(ladder, 0);
  for (let i = 0; i < reports; i++) {
    // A trial ends where its value is no number: it competes with nobody.
    if (!(steps[i] >= next) || Number.isNaN(values[i]) || !asked(study, trial, i)) continue;
    const fell = trial.state === 'pruned' && i === steps.length - 1;
    do {
      reached.push(values[i]);
      next = stepOf(ladder, reached.length);
    } while (steps[i] >= next && !fell);
  }
  return reached;
}
