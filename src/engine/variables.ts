/** Setting variables where they lie. */
import { latheBackend } from './ops/lathe-backend';
import { tf } from './tf';

/**
 * Sets a variable's numbers. On WebGPU they are written into the buffer that it has: recorded steps and arenas, which
 * know the buffer, see them.
 */
export function setVariable(variable: tf.Variable, values: Float32Array): void {
  const backend = latheBackend();
  if (backend && variable.size > 0) backend.upload(backend.rangeOf(variable), values);
  else tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape)));
}

/** Sets a variable to a tensor of its shape, which stays the caller's. For backends without buffers of ours. */
export function setVariableTensor(variable: tf.Variable, tensor: tf.Tensor): void {
  tf.tidy(() => variable.assign(tensor.clone()));
}
