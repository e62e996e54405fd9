/**
 * What flows between layers. An activation is applied by the kernel that makes a value, and its gradient by the kernel
 * that consumes it: neither costs a dispatch of its own.
 *
 * So the gradient that an op returns for its input is the one *before* the input's activation: `∂L/∂z`, where
 * `x = activation(z)`. Gradients of several consumers may be added up, since each is taken before the activation. An op
 * that cannot do so itself takes the plain tensor from `plain(x)`.
 */
import type { Activation } from '../../config/activations';
import type { tf } from '../tf';

/** A tensor and the activation that made it. */
export interface Value {
  /** `activation(z)`: what consumers compute with. */
  tensor: tf.Tensor;
  /** `linear`: the tensor is as it is. */
  activation: Activation;
  /** `z`, where the gradient of the activation cannot be told from its result; not on the tape. */
  before: tf.Tensor | null;
  /** Nothing upstream of it is trained: no gradient need be computed. */
  constant: boolean;
}

/** A plain tensor as a value. `constant`: an input of the model, for which no gradient is needed. */
export function value(tensor: tf.Tensor, { constant = false } = {}): Value {
  return { tensor, activation: 'linear', before: null, constant };
}
