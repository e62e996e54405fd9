/** Runs: training a model on a dataset, and what was recorded of it. */
import type { ConfigDifference } from '../../config/diff';
import type { RunConfig } from '../../config/schema';
import type { MediaRow } from '../../store/media';
import type { MetricSeries } from '../../store/metrics';
import type { ProfileRow } from '../../store/profile';
import type { CheckpointRow, LogRow, Metrics, RunRow } from '../../store/schema';

/** A checkpoint, and how much of it is in this browser. */
export type StoredCheckpoint = CheckpointRow & {
  /** Parts that are with others only: without them it cannot be used. 0 where it is whole. */
  missing: number;
};

/** The result of a finished `train` command, printed by the command line as JSON. */
export interface RunResult {
  run_id: string;
  status: RunRow['status'];
  backend: string | null;
  adapter: string | null;
  epochs: number;
  steps: number;
  resumed_from: { run_id: string; step: number } | null;
  steps_this_process: number;
  weights_sha256: string | null;
  metrics: { train: Metrics; val: Metrics; test: Metrics } | null;
  tracking: Record<string, { pending: number }>;
  seconds: number;
  reason: string | null;
}

/** Commands on runs. */
export interface RunCommands {
  list(): Promise<RunRow[]>;
  get(id: string): Promise<RunRow>;
  /** Starts a run and returns its row at once; it trains on in a worker. */
  start(config: RunConfig, datasetId: string): Promise<RunRow>;
  /** The newest unfinished run of the same config and data, if there is one. */
  findUnfinished(config: RunConfig, datasetId: string): Promise<RunRow | null>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  cancel(id: string): Promise<void>;
  /** Resolves when the run has left its trainer in this tab. */
  wait(id: string): Promise<RunResult>;
  update(id: string, change: { name?: string; tags?: string[]; notes?: string }): Promise<RunRow>;
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  metrics(id: string, metrics?: string[]): Promise<MetricSeries[]>;
  checkpoints(id: string): Promise<StoredCheckpoint[]>;
  log(id: string): Promise<LogRow[]>;
  /** Pictures, sounds, texts, tables, histograms and embeddings of a run, by step; or those of one step. */
  media(id: string, step?: number): Promise<MediaRow[]>;
  /** Steps that there are some of, ascending. */
  mediaSteps(id: string): Promise<number[]>;
  /** Where its kernels' time goes, with a trace for Perfetto; null for a run that was not profiled (yet). */
  profile(id: string): Promise<ProfileRow | null>;
  compare(ids: string[]): Promise<ConfigDifference[]>;
}
