/**
 * What the page and the trainer worker say to each other. Commands are comlink calls on `TrainerApi`; events come over
 * one MessagePort, batched, each with its run's id.
 */
import type { ErrorJson } from '../base/errors';
import type { BackendInfo, CheckpointRow, ConfusionMatrix, Metrics, RunStatus } from '../store/schema';

/** New points of one metric since the last event. */
export interface MetricPoints {
  metric: string;
  steps: number[];
  values: number[];
  times: number[];
}

/** What a trainer tells. */
export type TrainingEvent = { run_id: string } & (
  | {
      type: 'started';
      backend: BackendInfo;
      step: number;
      total_steps: number;
      steps_per_epoch: number;
      resumed_from: number | null;
    }
  | {
      type: 'progress';
      epoch: number;
      step: number;
      total_steps: number;
      /** Over the last few seconds; null before the first step is through. */
      samples_per_second: number | null;
      step_ms: number | null;
      /** Bytes of device memory held by tensors. */
      gpu_bytes: number;
      eta_seconds: number | null;
      points: MetricPoints[];
    }
  | {
      type: 'evaluated';
      split: 'val' | 'test';
      epoch: number;
      step: number;
      metrics: Metrics;
      confusion: ConfusionMatrix | null;
    }
  | {
      type: 'checkpoint';
      checkpoint: Pick<CheckpointRow, 'id' | 'step' | 'epoch' | 'reason' | 'monitor' | 'bytes'>;
      best: boolean;
    }
  /** An epoch of a trial ended: the trainer waits for `verdict`, unless the run is over. */
  | { type: 'report'; epoch: number; step: number; metric: string; value: number; over: boolean }
  /** The run's profile was stored. */
  | { type: 'profiled'; step: number }
  /** Pictures, histograms and the like of a step were stored. */
  | { type: 'media'; step: number }
  | { type: 'log'; level: 'info' | 'warning' | 'error'; message: string; at: number }
  /** What the run takes of the machine has passed a ceiling of its config; the log has the same sentence. */
  | { type: 'ceiling'; metric: string; value: number; ceiling: number; message: string }
  /** The run left the trainer: it ended, or it paused. The row in the store says the rest. */
  | { type: 'ended'; status: RunStatus; reason: string | null; error: ErrorJson | null; steps_this_process: number }
  /** The run is no longer where its group is; the page starts a new trainer, which takes part again. */
  | { type: 'rejoined'; reason: string }
  /** The device was lost; the page starts a new trainer, which goes on from the latest checkpoint. */
  | { type: 'device_lost'; reason: string }
);

/** How a run is asked to leave its trainer. */
export type LeaveOrder =
  /** Checkpoint, status `paused`. */
  | 'pause'
  /** Checkpoint, keep the best, final evaluation, status `stopped`. */
  | 'stop'
  /** A study ends its trial early: nothing more is computed, status `pruned`. */
  | 'prune'
  /** Nothing more is written but the status `cancelled`. */
  | 'cancel';

/** What only the page can measure, for the run's metrics of the machine. */
export interface PageFigures {
  /** Bytes of JavaScript memory; `whole`: of the page and its workers, which only an isolated page is told. */
  memory: { bytes: number; whole: boolean } | null;
  /** Bytes to and from the run's group in this sitting; null: it trains alone. */
  traffic: { sent: number; received: number } | null;
}

/** The trainer worker. */
export interface TrainerApi {
  /**
   * Trains the run `runId`, whose row exists, from its latest good checkpoint or from the start, until it ends or
   * leaves. Resolves after the last event was sent and everything is stored. Throws what kept it from starting.
   */
  train(runId: string, port: MessagePort, options: TrainOptions): Promise<void>;
  leave(order: LeaveOrder): Promise<void>;
  /** Answers a `report`: null, and the run goes on; or why it is pruned. */
  verdict(reason: string | null): Promise<void>;
  /** Takes what the page has measured. */
  hearPage(figures: PageFigures): Promise<void>;
  /** Writes a checkpoint after the step in progress (the page is about to be hidden or closed). */
  checkpoint(): Promise<void>;
}

/** How to train, beside what the config says. */
export interface TrainOptions {
  /** Backends to try, in order. */
  backends: BackendInfo['backend'][];
  /** The run is a trial: this metric is reported after every epoch, and a verdict awaited. */
  reports: string | null;
  /** The run is computed by a group: the port to its peer worker. */
  collective: MessagePort | null;
  /** Others send the examples of the run: the port that they come through. */
  examples: MessagePort | null;
}
