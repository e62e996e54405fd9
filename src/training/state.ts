/**
 * Everything that training needs to go on from a step exactly, beside weights and optimizer tensors: plain data, saved
 * as canonical JSON in every checkpoint.
 *
 * Random numbers need no generator here. The order of an epoch is a function of (seed, epoch), a dropout mask of (seed,
 * layer, forward pass), and the schedule of the step: the counters below are all there is.
 */
import * as v from 'valibot';
import { LatheError } from '../base/errors';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const metrics = v.record(v.string(), v.number());

const ranked = v.strictObject({
  checkpoint: v.string(),
  step: count,
  epoch: count,
  /** Of the monitored metric. */
  value: v.number(),
  train: metrics,
  val: metrics,
});

const trainingState = v.strictObject({
  version: v.literal(1),
  /** Updates done. */
  step: count,
  /** Whole epochs done, their evaluation included. */
  epoch: count,
  /** Updates done in the epoch in progress; all of them: only its evaluation is left. */
  batch: count,
  /** Forward passes of training done: what dropout counts. */
  passes: count,
  /** Loss of the first update, against which divergence is measured. */
  first_loss: v.nullable(v.number()),
  /** Metrics of the epoch in progress, as its accumulator saves them. */
  epoch_metrics: v.array(v.number()),
  early_stopping: v.nullable(v.strictObject({ best: v.nullable(v.number()), best_epoch: count, bad_epochs: count })),
  /** Best checkpoints by the monitored metric, the best first. */
  ranking: v.array(ranked),
  /** Last and best value of every metric. */
  latest: metrics,
  best: metrics,
  /** The user asked for the end: nothing but the final evaluation is left. */
  stopped: v.boolean(),
});

/** State of a run in training. */
export type TrainingState = v.InferOutput<typeof trainingState>;

/** A checkpoint in the ranking by the monitored metric. */
export type RankedCheckpoint = v.InferOutput<typeof ranked>;

/** The state before the first step. */
export function initialState(earlyStopping: boolean): TrainingState {
  return {
    version: 1,
    step: 0,
    epoch: 0,
    batch: 0,
    passes: 0,
    first_loss: null,
    epoch_metrics: [],
    early_stopping: earlyStopping ? { best: null, best_epoch: 0, bad_epochs: 0 } : null,
    ranking: [],
    latest: {},
    best: {},
    stopped: false,
  };
}

/** Validates what a checkpoint holds. @throws LatheError of kind `storage`. */
export function parseState(value: unknown): TrainingState {
  const result = v.safeParse(trainingState, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new LatheError(
    'storage',
    `The checkpoint’s training state cannot be used: ${v.getDotPath(issue) ?? 'its top level'}: ${issue.message}.`,
  );
}
