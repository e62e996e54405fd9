/**
 * Losses of a run's task: the numbers that a batch's loss is made of, and the op that makes it. Class weights, unlabelled
 * examples and gradient accumulation all become plain weights on the CPU first, one multiplication each.
 */
import { LatheError } from '../base/errors';
import type { RunConfig, Task } from '../config/schema';
import type { Batch } from '../data/contract';
import { huber, meanSquaredError, softmaxCrossEntropy } from '../engine/ops/losses/registry';
import type { Loss } from '../engine/ops/losses/loss';
import type { Value } from '../engine/ops/value';
import type { Input } from '../engine/recorded-function';
import type { tf } from '../engine/tf';

/** The loss that a run minimises. */
export interface TaskLoss {
  /** Numbers of a batch that the loss reads; `share` is the batch's part of the step. Shapes depend on its size alone. */
  inputs(batch: Batch, share: number): Input[];
  /** The loss of `outputs [rows, outputs]`, given what `inputs` made. */
  of(outputs: Value, inputs: tf.Tensor[]): Loss;
}

/**
 * Softmax cross-entropy `Σ wᵢ · -log softmax(zᵢ)[tᵢ] / Σ wᵢ`, where `w` is the weight of the target's class. Targets of
 * -1 count for nothing.
 */
export function crossEntropyLoss(classWeights: Float64Array | null): TaskLoss {
  const weightOf = (target: number): number => (target < 0 ? 0 : (classWeights?.[target] ?? 1));
  return {
    inputs({ targets }, share) {
      let total = 0;
      for (const target of targets) total += weightOf(target);
      const scale = total > 0 ? share / total : 0;
      const rows = [targets.length];
      return [
        { values: Int32Array.from(targets), shape: rows },
        { values: Float32Array.from(targets, (target) => weightOf(target) * scale), shape: rows },
      ];
    },
    of: (outputs, [targets, weights]) => softmaxCrossEntropy(outputs, targets, weights),
  };
}

/** A loss of numbers against numbers, all `[rows, outputs]`. */
type RegressionOp = (outputs: Value, targets: tf.Tensor, weights: tf.Tensor) => Loss;

/** Mean squared error over the labelled examples and all `outputs` targets, both standardised; NaN: unlabelled. */
export const meanSquaredErrorLoss = (outputs: number): TaskLoss => regressionLoss(outputs, meanSquaredError);

/** Mean of Huber's loss, likewise; `delta` is in standard deviations of the target. */
export const huberLoss = (outputs: number, delta: number): TaskLoss =>
  regressionLoss(outputs, (predicted, targets, weights) => huber(predicted, targets, weights, delta));

function regressionLoss(outputs: number, op: RegressionOp): TaskLoss {
  return {
    inputs({ targets }, share) {
      let labelled = 0;
      for (const target of targets) if (!Number.isNaN(target)) labelled++;
      const weight = labelled > 0 ? share / labelled : 0;
      const shape = [targets.length / outputs, outputs];
      return [
        { values: Float32Array.from(targets, (target) => (Number.isNaN(target) ? 0 : target)), shape },
        { values: Float32Array.from(targets, (target) => (Number.isNaN(target) ? 0 : weight)), shape },
      ];
    },
    of: (predicted, [targets, weights]) => op(predicted, targets, weights),
  };
}

/**
 * The `delta` of Huber's loss where a run asks for it; null: the task's own loss.
 * @throws LatheError of kind `config` when the loss is for another task.
 */
export function huberDelta({ loss, huber_delta }: RunConfig['training'], task: Task): number | null {
  if (task !== 'regression' && (loss === 'mse' || loss === 'huber')) {
    const remedy =
      task === 'classification'
        ? 'classes. Set it to auto, or data.task to regression.'
        : 'the next character. Set it to auto.';
    throw new LatheError(
      'config',
      `training.loss is ${loss}, which compares numbers, but this run predicts ${remedy}`,
      { key: 'training.loss' },
    );
  }
  return loss === 'huber' ? huber_delta : null;
}
