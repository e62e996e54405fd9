import { tf } from '../tf';
import { LatheBackend } from '../webgpu-backend';

/** Lathe's own backend, where it is the current one; null on WebGL and the CPU, where ops are made of stock ones. */
export function latheBackend(): LatheBackend | null {
  const backend = tf.backend();
  return backend instanceof LatheBackend ? backend : null;
}
