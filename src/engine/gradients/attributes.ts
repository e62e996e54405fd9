import type { tf } from '../tf';

/** The attributes of a kernel by their type: tfjs types those of every kernel alike. */
export const attributesOf = <Attributes>(attrs: tf.NamedAttrMap): Attributes => attrs as unknown as Attributes;

/** The gradient of an op with one output. */
export function only(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(dy) ? dy[0] : dy;
}
