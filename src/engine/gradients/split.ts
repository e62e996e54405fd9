import { tf } from '../tf';

/** Gradients of `split` and `unstack`, also where they give one part only: tfjs takes its gradient for a list of them. */
export const splitGradients: tf.GradConfig[] = [tf.SplitV, tf.Unpack].map((kernelName) => {
  const stock = tf.getGradient(kernelName);
  return { ...stock, gradFunc: (dy, saved, attrs) => stock.gradFunc([dy].flat(), saved, attrs) };
});
