import { tf } from '../tf';
import { attributesOf, only } from './attributes';

/**
 * Gradient of `image.cropAndResize` with regard to the images. A crop is `R · image · Cᵀ`, where the rows of R and C hold
 * the weights with which its pixels are read; boxes have no gradient here.
 */
export const cropAndResizeGradient: tf.GradConfig = {
  kernelName: tf.CropAndResize,
  inputsToSave: ['image', 'boxes', 'boxInd'],
  gradFunc: (dy, [image, boxes, boxInd], attrs) => ({
    image: () => {
      const { cropSize, method } = attributesOf<tf.CropAndResizeAttrs>(attrs);
      const [batch, height, width, channels] = image.shape;
      const [cropHeight, cropWidth] = cropSize;
      const count = boxes.shape[0];
      const [top, left, bottom, right] = tf.split(boxes, 4, 1);
      const rows = weights(top, bottom, cropHeight, height, method);
      const columns = weights(left, right, cropWidth, width, method);
      const down = tf
        .matMul(rows, only(dy).reshape([count, cropHeight, cropWidth * channels]), true)
        .reshape([count, height, cropWidth, channels]);
      const across = tf.matMul(
        columns,
        tf.transpose(down, [0, 2, 1, 3]).reshape([count, cropWidth, height * channels]),
        true,
      );
      const each = tf.transpose(across.reshape([count, width, height, channels]), [0, 2, 1, 3]);
      const owner = tf.cast(tf.oneHot(boxInd.as1D().toInt(), batch), 'float32');
      return tf.matMul(owner, each.reshape([count, height * width * channels]), true).reshape(image.shape);
    },
  }),
};

/** `[boxes, crop, length]`: the share of each pixel of the image in each of the crop, along one axis. */
function weights(
  start: tf.Tensor,
  end: tf.Tensor,
  crop: number,
  length: number,
  method: 'bilinear' | 'nearest',
): tf.Tensor {
  const [first, last] = [start, end].map((edge) => tf.mul(edge, length - 1));
  const steps = tf.range(0, crop).div(Math.max(1, crop - 1));
  const place =
    crop > 1
      ? tf.add(first, tf.mul(tf.sub(last, first), steps.as2D(1, crop)))
      : tf.mul(tf.add(first, last), 0.5).as2D(start.shape[0], 1);
  const inside = tf.logicalAnd(tf.greaterEqual(place, 0), tf.lessEqual(place, length - 1));
  // Halves go up, as in tfjs's kernels.
  const at = method === 'nearest' ? tf.floor(tf.add(place, 0.5)) : place;
  const distance = tf.abs(tf.sub(tf.expandDims(at, 2), tf.range(0, length).reshape([1, 1, length])));
  const share = method === 'nearest' ? tf.cast(tf.less(distance, 0.5), 'float32') : tf.relu(tf.sub(1, distance));
  return tf.mul(share, tf.expandDims(tf.cast(inside, 'float32'), 2));
}
