import { tf } from '../tf';

/**
 * Puts `x` along one axis into zeros: element `i` comes to stand at `first + i · step`.
 * @param length Side of the result along `axis`.
 */
export function spread(x: tf.Tensor, axis: number, step: number, first: number, length: number): tf.Tensor {
  const outer = product(x.shape.slice(0, axis));
  const inner = product(x.shape.slice(axis + 1));
  const count = x.shape[axis];
  const shape = [...x.shape.slice(0, axis), length, ...x.shape.slice(axis + 1)];
  if (count === 0) return tf.zeros(shape);
  const apart = tf.pad(x.reshape([outer * count, 1, inner]), [
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  // The zeros behind the last element may reach past the end.
  const reach = (count - 1) * step + 1;
  const dense = tf.slice(apart.reshape([outer, count * step, inner]), [0, 0, 0], [outer, reach, inner]);
  return tf
    .pad(dense, [
      [0, 0],
      [first, length - first - reach],
      [0, 0],
    ])
    .reshape(shape);
}

const product = (sides: number[]): number => sides.reduce((a, b) => a * b, 1);
