import { layerNorm, layerNormGradient, layerNormParameterGradient, normParts } from '../kernels/layer-norm';
import { sumParts } from '../kernels/sum-parts';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { gradientOf, taped } from './taped';
import { value, type Value } from './value';

/**
 * Layer normalisation over the last axis, `(x - mean) / √(variance + epsilon) ⊙ gamma + beta`.
 * @param gamma, beta `[width] float32`.
 */
export function layerNormalization(x: Value, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): Value {
  const backend = latheBackend();
  if (!backend) {
    const input = plain(x);
    const { mean, variance } = tf.moments(input, -1, true);
    const normal = tf.mul(tf.sub(input, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return value(tf.add(tf.mul(normal, gamma), beta));
  }
  const { tensor } = x;
  const { software } = backend;
  const width = gamma.size;
  const shape = { rows: tensor.size / width, width };
  const storage = backend.activationStorage;
  const result = backend.allocate(tensor.shape, storage);
  const statistics = backend.allocate([shape.rows, 2]);
  const forward = layerNorm(shape, epsilon, { x: backend.storageOf(tensor), result: storage }, software);
  backend.run(forward, [tensor, gamma, beta, result, statistics]);
  const kept = tf.engine().makeTensorFromTensorInfo(statistics);
  const saved = [tensor, kept, ...(x.before ? [x.before] : [])];
  const output = taped([...(x.constant ? [] : [tensor]), gamma, beta], result, saved, (dy) => {
    const storages = { dy: backend.storageOf(dy), x: backend.storageOf(tensor) };
    const gradients = [gradientOf(backend, gamma), gradientOf(backend, beta)];
    const parts = normParts(shape, software);
    const partials =
      parts > 1 ? gradients.map(() => backend.allocate([parts, width], 'float32', 'workspace')) : gradients;
    backend.run(layerNormParameterGradient(shape, parts, storages), [dy, tensor, statistics, ...partials]);
    if (parts > 1) {
      backend.run(sumParts(parts, width, width), [partials[0], gradients[0], partials[1], gradients[1]]);
      for (const partial of partials) backend.disposeData(partial.dataId);
    }
    if (x.constant) return gradients;
    const dx = backend.allocate(tensor.shape, backend.activationStorage);
    const z = x.before ? backend.storageOf(x.before) : null;
    backend.run(layerNormGradient(shape, x.activation, { ...storages, z, dx: backend.activationStorage }, software), [
      dy,
      tensor,
      gamma,
      statistics,
      ...(x.before ? [x.before] : []),
      dx,
    ]);
    return [dx, ...gradients];
  });
  return value(output);
}
