/**
 * Losses on the device, as scalars whose gradient drives the step. Targets become plain weights on the CPU first, so that
 * class weights, unlabelled examples and gradient accumulation are one multiplication each.
 */
import { tf } from '../engine/tf';

/** Targets of a batch on the device; `dispose` when the step is done. */
export interface LossTargets {
  /** The loss of `outputs [n, outputs]`: a scalar. */
  loss(outputs: tf.Tensor2D): tf.Scalar;
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
  // Row i holds the example's weight at its class: the loss is -Σ rows · log softmax.
  const rows = new Float32Array(targets.length * classes);
  const weights = new Float32Array(targets.length);
  targets.forEach((target, i) => {
    if (target < 0) return;
    weights[i] = weightOf(target) * scale;
    rows[i * classes + target] = weights[i];
  });
  const target = tf.tensor2d(rows, [targets.length, classes]);
  const weight = tf.tensor2d(weights, [targets.length, 1]);
  const weighted = tf.customGrad((outputs, save) => {
    if (!(outputs instanceof tf.Tensor) || typeof save !== 'function') throw new TypeError('One tensor expected.');
    const logProbabilities = tf.logSoftmax(outputs);
    save([logProbabilities]);
    return {
      value: tf.neg(tf.sum(tf.mul(target, logProbabilities))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.sub(tf.mul(tf.exp(saved[0]), weight), target)),
    };
  });
  return {
    loss: (outputs) => weighted(outputs).asScalar(),
    dispose: () => tf.dispose([target, weight]),
  };
}

/**
 * Mean squared error over the labelled examples and all targets, both standardised.
 * @param targets `[n, outputs] float32`; NaN: unlabelled.
 */
export function meanSquaredError(targets: Float32Array, outputs: number, share = 1): LossTargets {
  let labelled = 0;
  for (const target of targets) if (!Number.isNaN(target)) labelled++;
  const scale = labelled > 0 ? share / labelled : 0;
  const shape: [number, number] = [targets.length / outputs, outputs];
  const target = tf.tensor2d(
    targets.map((value) => (Number.isNaN(value) ? 0 : value)),
    shape,
  );
  const weight = tf.tensor2d(
    targets.map((value) => (Number.isNaN(value) ? 0 : scale)),
    shape,
  );
  return {
    loss: (predicted) => tf.tidy(() => tf.sum(tf.mul(tf.square(tf.sub(predicted, target)), weight)).asScalar()),
    dispose: () => tf.dispose([target, weight]),
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
