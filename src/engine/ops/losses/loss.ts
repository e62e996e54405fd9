/** What a loss op gives: something for the tape to start from, and the losses themselves. */
import { tf } from '../../tf';
import { taped } from '../taped';
import type { LatheBackend } from '../../webgpu-backend';

/** A loss on the device. */
export interface Loss {
  /** A scalar whose gradient is that of the loss. Its own value is 0: nobody reads it on the device. */
  anchor: tf.Scalar;
  /** `[rows] float32`: the loss of each row, its weight included. Their sum is the loss. */
  rows: tf.Tensor;
}

/** Puts gradients that were computed together with the loss on the tape. `outputs` are what they are the gradients of. */
export function anchored(backend: LatheBackend, outputs: tf.Tensor[], gradients: tf.TensorInfo[]): tf.Scalar {
  const held = gradients.map((gradient) => tf.engine().makeTensorFromTensorInfo(gradient));
  const anchor = taped(outputs, backend.makeTensorInfo([], 'float32', Float32Array.of(0)), held, () =>
    gradients.map(({ dataId }, i) => {
      backend.incRef(dataId);
      return { dataId, shape: outputs[i].shape, dtype: 'float32' };
    }),
  );
  return anchor.asScalar();
}

/** The same for gradients in stock ops. */
export function anchoredOps(outputs: tf.Tensor[], gradients: tf.Tensor[]): tf.Scalar {
  const attach = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args[args.length - 1];
    if (typeof save !== 'function') throw new TypeError('tfjs gave no function to save with.');
    save(gradients);
    // Such scalars are only ever added up, so that the factor behind them in the chain is 1.
    return {
      value: tf.scalar(0),
      gradFunc: (_dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((slope) => slope.clone()),
    };
  });
  return attach(...outputs).asScalar();
}
