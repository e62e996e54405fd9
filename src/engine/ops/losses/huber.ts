import { tf } from '../../tf';
import { elementwiseLoss } from './elementwise';
import type { Value } from '../value';
import type { Loss } from './loss';

/** Huber's loss (1964): `e²/2` up to `|e| = delta`, then `delta · (|e| - delta/2)`; all `[rows, outputs]`. */
export function huber(outputs: Value, targets: tf.Tensor, weights: tf.Tensor, delta = 1): Loss {
  const d = delta.toPrecision(9);
  const clipped = (e: tf.Tensor): tf.Tensor => tf.clipByValue(e, -delta, delta);
  return elementwiseLoss(
    {
      name: 'huber',
      wgsl: { value: `clamp(e, -${d}, ${d}) * (e - 0.5 * clamp(e, -${d}, ${d}))`, slope: `clamp(e, -${d}, ${d})` },
      value: (e) => tf.mul(clipped(e), tf.sub(e, tf.mul(clipped(e), 0.5))),
      slope: clipped,
    },
    outputs,
    targets,
    weights,
  );
}
