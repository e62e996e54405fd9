/**
 * Losses on the device, as what drives the step: their gradient. Their value is not computed there; the metrics work it
 * out in float64 from the outputs, which are read back anyway. Targets become plain weights on the CPU first, so that
 * class weights, unlabelled examples and gradient accumulation are one multiplication each.
 */
import { softmaxDifference } from '../engine/softmax-difference';
import { tf } from '../engine/tf';

/** Targets of a batch on the device; `dispose` when the step is done. */
export interface LossTargets {
  /** A scalar whose gradient is that of the loss of `outputs [n, outputs]`. Its own value is 0. */
  attach(outputs: tf.Tensor2D): tf.Scalar;
  dispose(): void;
}

/**
 * Softmax cross-entropy `Σ wᵢ · -log softmax(zᵢ)[tᵢ] / Σ wᵢ`, where `w` is the weight of the target's class. Targets of
 * -1 count for nothing.
 * @param targets `[n] int32` class indices.
 * @param share Factor on the whole: the batch's share in a step that accumulates several.
 */
export function crossEntropy(
  targets: Int32Array,
  classes: number,
  classWeights: Float64Array | null,
  share = 1,
): LossTargets {
  const weightOf = (target: number): number => (target < 0 ? 0 : (classWeights?.[target] ?? 1));
  const total = targets.reduce((sum, target) => sum + weightOf(target), 0);
  const scale = total > 0 ? share / total : 0;
  // Row i holds the example's weight at its class: the gradient is softmax · weight - rows.
  const rows = new Float32Array(targets.length * classes);
  const weights = new Float32Array(targets.length);
  targets.forEach((target, i) => {
    if (target < 0) return;
    weights[i] = weightOf(target) * scale;
    rows[i * classes + target] = weights[i];
  });
  const target = tf.tensor2d(rows, [targets.length, classes]);
  const weight = tf.tensor2d(weights, [targets.length, 1]);
  return withGradient((outputs) => softmaxDifference(outputs, weight, target), [target, weight]);
}

/**
 * Mean squared error over the labelled examples and all targets, both standardised.
 * @param targets `[n, outputs] float32`; NaN: unlabelled.
 */
export function meanSquaredError(targets: Float32Array, outputs: number, share = 1): LossTargets {
  let labelled = 0;
  for (const target of targets) if (!Number.isNaN(target)) labelled++;
  const slope = labelled > 0 ? (2 * share) / labelled : 0;
  const shape: [number, number] = [targets.length / outputs, outputs];
  const target = tf.tensor2d(
    targets.map((value) => (Number.isNaN(value) ? 0 : value)),
    shape,
  );
  const weight = tf.tensor2d(
    targets.map((value) => (Number.isNaN(value) ? 0 : slope)),
    shape,
  );
  return withGradient((predicted) => tf.mul(tf.sub(predicted, target), weight), [target, weight]);
}

function withGradient(gradient: (outputs: tf.Tensor2D) => tf.Tensor2D, held: tf.Tensor[]): LossTargets {
  return {
    attach(outputs) {
      const attached = tf.customGrad((_outputs, save) => {
        // tfjs types every argument of the function as a tensor, this one included.
        if (typeof save !== 'function') throw new TypeError('tfjs gave no function to save with.');
        save([gradient(outputs)]);
        // Such scalars are only ever added up, so that the factor behind them in the chain is 1.
        return { value: tf.scalar(0), gradFunc: (_dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.clone(saved) };
      });
      return attached(outputs).asScalar();
    },
    dispose: () => tf.dispose(held),
  };
}

/** L2 penalty `factor · Σ w²` over kernels (weights of two or more axes): biases and scales stay free. */
export function l2Penalty(weights: tf.Tensor[], factor: number): tf.Scalar {
  return tf.tidy(() => {
    const kernels = weights.filter((weight) => weight.rank > 1);
    const sums = kernels.map((kernel) => tf.sum(tf.square(kernel)));
    return tf.mul(sums.length > 0 ? tf.addN(sums) : tf.scalar(0), factor).asScalar();
  });
}
