/**
 * Gradients of convolutions whose taps lie apart: those of a convolution with a larger filter, which has zeros between
 * the taps. tfjs knows that of a filter without gaps.
 */
import { tf } from '../tf';
import { attributesOf, only } from './attributes';
import { spread } from './spread';

interface Attributes {
  dilations: [number, number] | number | null;
}

/** Gradient of `conv2d`, with dilation or without. */
export const conv2dGradient: tf.GradConfig = {
  ...tf.getGradient(tf.Conv2D),
  gradFunc: dilated(tf.getGradient(tf.Conv2D)),
};

/** Gradient of `depthwiseConv2d`, with dilation or without. */
export const depthwiseConv2dGradient: tf.GradConfig = {
  ...tf.getGradient(tf.DepthwiseConv2dNative),
  gradFunc: dilated(tf.getGradient(tf.DepthwiseConv2dNative)),
};

function dilated({ gradFunc }: tf.GradConfig): tf.GradFunc {
  return (dy, [x, filter], attrs) => {
    const { dilations } = attributesOf<Attributes>(attrs);
    const [down, across] = typeof dilations === 'number' ? [dilations, dilations] : (dilations ?? [1, 1]);
    if (down === 1 && across === 1) return gradFunc(dy, [x, filter], attrs);
    const [height, width, ...channels] = filter.shape;
    const [tall, wide] = [(height - 1) * down + 1, (width - 1) * across + 1];
    const large = spread(spread(filter, 0, down, 0, tall), 1, across, 0, wide);
    const gradients = gradFunc(only(dy), [x, large], { ...attrs, dilations: [1, 1] });
    return {
      x: () => gradients.x(),
      filter: () => tf.stridedSlice(gradients.filter(), [0, 0, 0, 0], [tall, wide, ...channels], [down, across, 1, 1]),
    };
  };
}
