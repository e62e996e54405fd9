/** Who trains the runs of trials: this browser, or others. A study knows no more of it. */
import type { RunConfig } from '../config/schema';
import type { Objective, TrialWorker } from '../store/study';

/** One run of a trial. */
export interface RunOrder {
  study_id: string;
  /** Number of the trial. */
  trial: number;
  /** Id of the run: where it exists already, it goes on, or its end is told again. */
  run_id: string;
  config: RunConfig;
  dataset_id: string;
  objectives: readonly Objective[];
  /** Which value of an objective's metric counts. */
  value: 'best' | 'last';
  /** Told the first objective after every epoch; answers why the run should end, or null. Null: nothing is reported. */
  report: ((epoch: number, value: number) => Promise<string | null>) | null;
  /** Told where the run begins from its beginning, before it does; null: in this browser. Not where it goes on. */
  begin: (worker: TrialWorker | null) => Promise<void>;
}

/** How a run was left. */
export type RunEnd = {
  /** Optimizer steps in all. */
  steps: number;
} & (
  | { kind: 'complete'; values: number[] }
  | { kind: 'pruned'; reason: string }
  /** It diverged, or cannot be trained: the trial is at fault. */
  | { kind: 'failed'; reason: string }
  /** It wrote a checkpoint and can go on. `reason`: where it was not asked to. */
  | { kind: 'paused'; reason: string | null }
  /** Whoever trained it is gone: it is to be dealt again, from its beginning. */
  | { kind: 'lost' }
  /** No trial could be trained: the data is gone, there is no device, the config makes no sense. */
  | { kind: 'impossible'; reason: string }
);

/** What others train at the moment. */
export interface Elsewhere {
  /** How many runs they take at once, beside those of this browser. */
  slots: number;
  /** Runs that train there. */
  runs: ReadonlySet<string>;
  /** Settles when `slots` changes. */
  change: Promise<void>;
}

/** Trains runs. */
export interface Executor {
  /** Trains a run until it ends or is told to leave. */
  train(order: RunOrder): Promise<RunEnd>;
  /** Has a run leave: `pause` after a checkpoint, `prune` at once. */
  leave(runId: string, how: 'pause' | 'prune'): Promise<void>;
  /** Examples a second of a run that trains here, once it is known. */
  speed(runId: string): number | null;
  /** Bytes of device memory that the runs hold which train now, and how many there may be; null: unknown. */
  memory(): { held: number; limit: number | null };
  elsewhere(): Elsewhere;
}
