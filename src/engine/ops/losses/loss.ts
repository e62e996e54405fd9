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

/** Puts a gradient that was computed together with the loss on the tape. `outputs` is what it is the gradient of. */
export function anchored(backend: LatheBackend, outputs: tf.Tensor, gradient: tf.TensorInfo): tf.Scalar {
  const held = tf.engine().makeTensorFromTensorInfo(gradient);
  const anchor = taped([outputs], backend.makeTensorInfo([], 'float32', Float32Array.of(0)), [held], () => {
    backend.incRef(gradient.dataId);
    return [{ dataId: gradient.dataId, shape: outputs.shape, dtype: 'float32' }];
  });
  return anchor.asScalar();
}

/** The same for a gradient in stock ops. */
export function anchoredOps(outputs: tf.Tensor, gradient: tf.Tensor): tf.Scalar {
  const attach = tf.customGrad((_outputs, save) => {
    // tfjs types every argument of the function as a tensor, this one included.
    if (typeof save !== 'function') throw new TypeError('tfjs gave no function to save with.');
    save([gradient]);
    // Such scalars are only ever added up, so that the factor behind them in the chain is 1.
    return { value: tf.scalar(0), gradFunc: (_dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.clone(saved) };
  });
  return attach(outputs).asScalar();
}
