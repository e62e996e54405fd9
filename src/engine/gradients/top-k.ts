import { tf } from '../tf';
import { only } from './attributes';

/** Gradient of `topk`'s values: each goes to the element that was picked. The indices have none. */
export const topKGradient: tf.GradConfig = {
  kernelName: tf.TopK,
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (dy, [x, indices]) => ({
    x: () => {
      const length = x.shape[x.rank - 1];
      const rows = x.size / length;
      const k = indices.size / rows;
      const picked = tf.oneHot(indices.reshape([rows * k]).toInt(), length).reshape([rows, k, length]);
      return tf.matMul(only(dy).reshape([rows, 1, k]), tf.cast(picked, 'float32')).reshape(x.shape);
    },
  }),
};
