/** What layer, RMS and group normalisation share: one dispatch forward, two or three backward. */
import {
  normalize,
  normalizeGradient,
  normParameterGradient,
  normParts,
  type Normalization,
} from '../kernels/normalization';
import { sumParts } from '../kernels/sum-parts';
import { tf } from '../tf';
import type { LatheBackend } from '../webgpu-backend';
import { gradientOf, taped } from './taped';
import { value, type Value } from './value';

/**
 * The rows that `rows` describes, normalised, times `gamma` and plus `beta`.
 * @param statistics Expressions that give mean and one over the deviation for a `row` of `x [-1, gamma.size]` and a
 *   `column` of it.
 */
export function normalized(
  backend: LatheBackend,
  x: Value,
  [gamma, beta]: [gamma: tf.Tensor, beta: tf.Tensor | null],
  rows: Normalization,
  epsilon: number,
  statisticsAt: [mean: string, inverse: string],
): Value {
  const { tensor } = x;
  const { software } = backend;
  const width = gamma.size;
  const shape = { rows: tensor.size / width, width };
  const parameters = [gamma, ...(beta ? [beta] : [])];
  const storage = backend.activationStorage;
  const result = backend.allocate(tensor.shape, storage);
  const statistics = backend.allocate([rows.rows, 2]);
  const forward = normalize(rows, epsilon, { x: backend.storageOf(tensor), result: storage }, software);
  backend.run(forward, [tensor, ...parameters, result, statistics]);
  const kept = tf.engine().makeTensorFromTensorInfo(statistics);
  const saved = [tensor, kept, ...(x.before ? [x.before] : [])];
  const output = taped([...(x.constant ? [] : [tensor]), ...parameters], result, saved, (dy) => {
    const storages = { dy: backend.storageOf(dy), x: backend.storageOf(tensor) };
    const gradients = parameters.map((parameter) => gradientOf(backend, parameter));
    const parts = normParts(shape, software);
    const partials =
      parts > 1 ? gradients.map(() => backend.allocate([parts, width], 'float32', 'workspace')) : gradients;
    const parameterGradient = normParameterGradient(rows.name, shape, parts, storages, statisticsAt, beta !== null);
    backend.run(parameterGradient, [dy, tensor, statistics, ...partials]);
    if (parts > 1) {
      const sums = partials.flatMap((partial, i) => [partial, gradients[i]]);
      backend.run(sumParts(parts, width, beta ? width : 0), sums);
      for (const partial of partials) backend.disposeData(partial.dataId);
    }
    if (x.constant) return gradients;
    const dx = backend.allocate(tensor.shape, backend.activationStorage);
    const z = x.before ? backend.storageOf(x.before) : null;
    backend.run(normalizeGradient(rows, x.activation, { ...storages, z, dx: backend.activationStorage }, software), [
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
