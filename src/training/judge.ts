/** Trials of a study: after every epoch somebody outside decides whether the run goes on. */
import type { Task } from '../config/schema';
import { resolveMonitor } from './metrics/names';
import type { Reporter } from './reporter';

/** Who decides after every epoch whether a trial goes on. */
export interface Judge {
  /** The metric that is judged by. */
  metric: string;
  /** Reports an epoch; resolves to null, or to why the run ends here. Where the run is `over` nothing is decided. */
  report(epoch: number, step: number, value: number, over: boolean): Promise<string | null>;
}

/** The answer to a report, given from outside. */
export class Verdicts {
  #settle: ((reason: string | null) => void) | null = null;

  /** Answers the report that waits, if one does. */
  give(reason: string | null): void {
    this.#settle?.(reason);
    this.#settle = null;
  }

  /** The answer to the report that is sent now. */
  next(): Promise<string | null> {
    return new Promise((resolve) => (this.#settle = resolve));
  }
}

/**
 * The judge of a run: null where it is no trial.
 * @param metric What the study asks for. Without a validation split the same metric of the training split stands in.
 * @throws LatheError of kind `config` when no run of the task logs it.
 */
export function judgeOf(
  metric: string | null,
  task: Task,
  hasValidation: boolean,
  reporter: Reporter,
  verdicts: Verdicts,
): Judge | null {
  if (metric === null) return null;
  const resolved = resolveMonitor(metric, 'optimization.hyperparameter_search.metric', task, hasValidation);
  return {
    metric: resolved,
    report(epoch, step, value, over) {
      const verdict = over ? Promise.resolve(null) : verdicts.next();
      reporter.send({ type: 'report', epoch, step, metric: resolved, value, over });
      return verdict;
    },
  };
}
