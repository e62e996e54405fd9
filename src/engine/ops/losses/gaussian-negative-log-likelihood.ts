/** Regression with its own uncertainty: the model gives a mean and the logarithm of a variance for each number. */
import { forEachIndex, indexWorkgroups, makeKernel, type Kernel, type Storage } from '../../kernel';
import { tf } from '../../tf';
import { plain } from '../activate';
import { latheBackend } from '../lathe-backend';
import type { Value } from '../value';
import { anchored, anchoredOps, type Loss } from './loss';

/**
 * Negative log-likelihood of targets under normal distributions (Nix & Weigend 1994),
 * `Σ wᵢⱼ · ½ (sᵢⱼ + (μᵢⱼ - yᵢⱼ)² · exp(-sᵢⱼ))` with `s = log σ²`; loss and both gradients in one dispatch. The constant
 * `½ log 2π` is left out, as PyTorch's GaussianNLLLoss does by default, so the loss may be negative.
 * @param mean, logVariance, targets, weights `[rows, outputs]`; a weight of 0 leaves an element out.
 */
export function gaussianNegativeLogLikelihood(
  mean: Value,
  logVariance: Value,
  targets: tf.Tensor,
  weights: tf.Tensor,
): Loss {
  const backend = latheBackend();
  const inputs = [plain(mean), plain(logVariance)];
  const [mu, s] = inputs;
  const [rows, columns] = mu.shape;
  if (!backend) {
    const e = tf.sub(mu, targets);
    const certainty = tf.exp(tf.neg(s));
    const squares = tf.mul(tf.square(e), certainty);
    const slopes = [tf.mul(e, certainty), tf.mul(tf.sub(1, squares), 0.5)];
    return {
      anchor: anchoredOps(
        inputs,
        slopes.map((slope) => tf.mul(slope, weights)),
      ),
      rows: tf.sum(tf.mul(tf.mul(tf.add(s, squares), 0.5), weights), 1),
    };
  }
  const losses = backend.allocate([rows]);
  const gradients = inputs.map(({ shape }) => backend.allocate(shape));
  const kernel = likelihoodKernel(rows, columns, { mean: backend.storageOf(mu), s: backend.storageOf(s) });
  backend.run(kernel, [mu, s, targets, weights, losses, ...gradients]);
  return { anchor: anchored(backend, inputs, gradients), rows: tf.engine().makeTensorFromTensorInfo(losses) };
}

function likelihoodKernel(rows: number, columns: number, storage: { mean: Storage; s: Storage }): Kernel {
  return makeKernel({
    name: 'gaussian likelihood',
    bindings: [
      { name: 'mean', access: 'read', storage: storage.mean },
      { name: 'log_variance', access: 'read', storage: storage.s },
      { name: 'goals', access: 'read', storage: 'float32' },
      { name: 'weights', access: 'read', storage: 'float32' },
      { name: 'losses', access: 'read_write', storage: 'float32' },
      { name: 'mean_gradient', access: 'read_write', storage: 'float32' },
      { name: 'variance_gradient', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(rows, 16),
    flops: 12 * rows * columns,
    bytes: 24 * rows * columns,
    body: `${forEachIndex(rows, 16)}
  var sum = 0.0;
  for (var i = index * ${columns}u; i < (index + 1u) * ${columns}u; i++) {
    let e = mean_at(i) - goals[i];
    let s = log_variance_at(i);
    let certainty = exp(-s);
    sum += weights[i] * 0.5 * (s + e * e * certainty);
    mean_gradient[i] = weights[i] * e * certainty;
    variance_gradient[i] = weights[i] * 0.5 * (1.0 - e * e * certainty);
  }
  losses[index] = sum;
}`,
  });
}
