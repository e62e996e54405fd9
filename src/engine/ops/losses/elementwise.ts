/** Losses that are a sum over elements: written once in WGSL and once in tfjs ops, each with its derivative. */
import { forEachIndex, indexWorkgroups, makeKernel } from '../../kernel';
import { tf } from '../../tf';
import { plain } from '../activate';
import { latheBackend } from '../lathe-backend';
import type { Value } from '../value';
import { anchored, anchoredOps, type Loss } from './loss';

/** A loss of one number against its target, by their difference `e = output - target`. */
export interface ElementwiseLoss {
  name: string;
  /** Expressions over `e`. */
  wgsl: { value: string; slope: string };
  value(e: tf.Tensor): tf.Tensor;
  slope(e: tf.Tensor): tf.Tensor;
}

/**
 * `Σ wᵢⱼ · loss(outputᵢⱼ - targetᵢⱼ)`; loss and gradient in one dispatch.
 * @param outputs, targets, weights `[rows, outputs]`; a weight of 0 leaves an element out.
 */
export function elementwiseLoss(loss: ElementwiseLoss, outputs: Value, targets: tf.Tensor, weights: tf.Tensor): Loss {
  const backend = latheBackend();
  const predicted = plain(outputs);
  const [rows, columns] = predicted.shape;
  if (!backend) {
    const e = tf.sub(predicted, targets);
    return {
      anchor: anchoredOps([predicted], [tf.mul(loss.slope(e), weights)]),
      rows: tf.sum(tf.mul(loss.value(e), weights), 1),
    };
  }
  const losses = backend.allocate([rows]);
  const gradient = backend.allocate(predicted.shape);
  const kernel = makeKernel({
    name: loss.name,
    bindings: [
      { name: 'outputs', access: 'read', storage: backend.storageOf(predicted) },
      { name: 'goals', access: 'read', storage: 'float32' },
      { name: 'weights', access: 'read', storage: 'float32' },
      { name: 'losses', access: 'read_write', storage: 'float32' },
      { name: 'gradient', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(rows, 16),
    flops: 6 * rows * columns,
    bytes: 16 * rows * columns,
    body: `${forEachIndex(rows, 16)}
  var sum = 0.0;
  for (var i = index * ${columns}u; i < (index + 1u) * ${columns}u; i++) {
    let e = outputs_at(i) - goals[i];
    sum += weights[i] * (${loss.wgsl.value});
    gradient[i] = weights[i] * (${loss.wgsl.slope});
  }
  losses[index] = sum;
}`,
  });
  backend.run(kernel, [predicted, targets, weights, losses, gradient]);
  return { anchor: anchored(backend, [predicted], [gradient]), rows: tf.engine().makeTensorFromTensorInfo(losses) };
}
