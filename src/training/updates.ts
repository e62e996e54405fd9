/** Where the updates of a run come from: the device of this trainer alone, or a group of them. The loop knows no more. */
import { LatheError } from '../base/errors';
import type { Arena, ArenaState } from '../engine/arena/arena';
import type { MetricAccumulator } from './metrics/accumulator';
import type { SharedCheckpoint } from './collective';
import type { TrainingState } from './state';

/** What an update did, once it is final. */
export interface UpdateOutcome {
  examples: number;
  /** Mean loss over the examples, as they were before the update. */
  loss: number;
  /** Global norm of the gradient before clipping. */
  gradientNorm: number;
  /** False: the gradient held NaN or infinity, and nothing was updated. */
  finite: boolean;
  /** Factor that the loss was multiplied with; 1 without mixed precision. */
  lossScale: number;
  /** All who train the run were asked to stop after this update. */
  stop: boolean;
  /** By the clock of one of several who train the run it is time for a checkpoint: all of them are told the same. */
  overdue: boolean;
}

/** An update under way. */
export interface UpdateUnderWay {
  /** Counts from 1. */
  readonly step: number;
  readonly rate: number;
  /** Forward passes of training that it takes. */
  readonly passes: number;
  /** Settles when the device is done with it. */
  readonly done: Promise<unknown>;
  /** Waits for it and takes its examples into `metrics`. Updates are landed in their order. */
  land(metrics: MetricAccumulator): Promise<UpdateOutcome>;
  /** Whether all examples are finite numbers: no loss scale helps against a batch that is broken itself. */
  sound(): boolean;
  /** A clause that names where its numbers stopped being ones. */
  blame(): Promise<string>;
}

/** How a split is evaluated. */
export interface EvaluationOptions {
  /** Asked between batches. */
  interrupted?: () => boolean;
  /** By this device alone, whoever else trains the run. */
  alone?: boolean;
}

/** The parameters are further than the loop, by what others did meanwhile: there is no copy of them as they were. */
export class Outrun extends Error {}

/** The run was asked to leave before it stood where it had been: nothing was changed. */
export class Departed extends LatheError {}

/** Parameters and optimizer state, as checkpoints keep them. */
export type CheckpointedArena = Pick<Arena, 'length' | 'snapshot'> & { load(state: ArenaState): void };

/** A place among several who train a run. */
export interface Place {
  rank: number;
  members: string[];
}

/** What comes after an update. */
export interface UpdatePlan {
  /**
   * Updates from this one to the next that a checkpoint is written after here, before any evaluation; 0: this one, null: none.
   * The parameters are kept for that, however far others are by then.
   */
  kept: number | null;
  /** Asked for each part of the update: whether it is time for a checkpoint by the clock of this trainer. */
  overdue: () => boolean;
}

/** Computes updates, and evaluates what they made. */
export interface Updates {
  /** What a checkpoint is made from and restored into. */
  readonly arena: CheckpointedArena;
  /** Whether the others who train the run leave the writing of checkpoints to this trainer, or there are none. */
  readonly leads: boolean;
  /** This trainer's place among those who train the run, and what they are called, by rank. */
  readonly place: Place;
  /**
   * Takes part from a state, that of the checkpoint in `arena` or the first one. Called once, before all else.
   * @param signal Aborted where the run is to leave while others are still awaited: then the state is its own.
   * @returns The state to go on from: another one where others are further.
   */
  start(state: TrainingState, signal: AbortSignal): Promise<TrainingState>;
  /**
   * Begins the next update; waits for its data, or for the weights that it needs.
   * @param index From 0.
   * @param passes Forward passes of training before it, those of updates under way included.
   */
  begin(index: number, passes: number, rate: number, plan: UpdatePlan): Promise<UpdateUnderWay>;
  /**
   * Adds the examples of a split to `metrics`, as the model predicts them now. No update may be under way.
   * @returns False when `interrupted` said so in between; the metrics are then incomplete.
   */
  evaluate(split: 'validation' | 'test', metrics: MetricAccumulator, options?: EvaluationOptions): Promise<boolean>;
  /**
   * Runs `f` while the model stands for the moving average of its weights, where the run keeps one. No update may be under
   * way.
   */
  averaged<T>(f: () => Promise<T>): Promise<T>;
  /** The loop has taken in what landed last; `describe` gives its state until the next update or evaluation lands. */
  settled(describe: () => TrainingState): void;
  /**
   * The run has ended, and what is kept here is written: the checkpoint of a step, from others who trained it; null where
   * nobody has it.
   * @throws LatheError where it cannot be had
   */
  checkpoint(step: number): Promise<SharedCheckpoint | null>;
  /**
   * Before `start`: what is not here of the checkpoint of a step, from others who keep it; null where it is not needed,
   * because others are further.
   * @throws LatheError that says what is missing
   */
  recover(step: number): Promise<SharedCheckpoint | null>;
  /** The run has ended, and nothing more is wanted of the others. */
  satisfied(): void;
  /** Asks all who train the run to stop; false where there is nobody else, and the loop stops by itself. */
  stopAll(): boolean;
  /** The run leaves this trainer: whoever else trains it goes on. */
  leave(reason: string): Promise<void>;
  /** Frees the device's memory. */
  dispose(): void;
}
