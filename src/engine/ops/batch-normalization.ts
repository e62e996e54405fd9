import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';
import { normParameterGradient, normParts } from '../kernels/normalization';
import { sumParts } from '../kernels/sum-parts';
import { tf } from '../tf';
import { setVariableTensor } from '../variables';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { gradientOf, taped } from './taped';
import { value, type Value } from './value';

/** Statistics that a batch normalisation keeps, `[channels]` each. */
export interface MovingStatistics {
  mean: tf.Variable;
  variance: tf.Variable;
}

/** How a batch normalisation computes. */
export interface BatchNormalizationOptions {
  /** Share of the old average kept by an update. */
  momentum: number;
  epsilon: number;
  /** Normalise by the batch and update the averages; else normalise by the averages. */
  training: boolean;
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015) over all axes but the last, as Keras computes it: the moving variance is that
 * of the batch as it is, without Bessel's correction. In training the averages are updated in place.
 */
export function batchNormalization(
  x: Value,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  statistics: MovingStatistics,
  { momentum, epsilon, training }: BatchNormalizationOptions,
): Value {
  const input = plain(x);
  const axes = Array.from({ length: input.rank - 1 }, (_, i) => i);
  const apply = (mean: tf.Tensor, variance: tf.Tensor): Value => {
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    return value(tf.add(tf.mul(tf.sub(input, mean), scale), beta));
  };
  if (!training) return apply(statistics.mean, statistics.variance);
  const backend = latheBackend();
  if (!backend) {
    const { mean, variance } = tf.moments(input, axes);
    const moved = (average: tf.Variable, now: tf.Tensor): void =>
      setVariableTensor(average, tf.add(tf.mul(average, momentum), tf.mul(now, 1 - momentum)));
    moved(statistics.mean, mean);
    moved(statistics.variance, variance);
    return apply(mean, variance);
  }
  const width = gamma.size;
  const rows = input.size / width;
  const storage = { x: backend.storageOf(input), result: backend.activationStorage };
  const batch = backend.allocate([2, width]);
  backend.run(batchStatistics(rows, width, momentum, epsilon, storage.x), [
    input,
    batch,
    statistics.mean,
    statistics.variance,
  ]);
  const result = backend.allocate(input.shape, storage.result);
  backend.run(normalize(rows, width, storage), [input, batch, gamma, beta, result]);
  const kept = tf.engine().makeTensorFromTensorInfo(batch);
  const output = taped([input, gamma, beta], result, [kept], (dy) => {
    const gradients = [gradientOf(backend, gamma), gradientOf(backend, beta)];
    const shape = { rows, width };
    const parts = normParts(shape, backend.software);
    const partials =
      parts > 1 ? gradients.map(() => backend.allocate([parts, width], 'float32', 'workspace')) : gradients;
    const storages = { dy: backend.storageOf(dy), x: storage.x };
    const kernel = normParameterGradient('batch norm', shape, parts, storages, [
      'statistics[column]',
      `statistics[${width}u + column]`,
    ]);
    backend.run(kernel, [dy, input, batch, ...partials]);
    if (parts > 1) {
      backend.run(sumParts(parts, width, width), [partials[0], gradients[0], partials[1], gradients[1]]);
      for (const partial of partials) backend.disposeData(partial.dataId);
    }
    const dx = backend.allocate(input.shape, backend.activationStorage);
    backend.run(inputGradient(rows, width, { ...storages, dx: backend.activationStorage }), [
      dy,
      input,
      batch,
      gamma,
      gradients[0],
      gradients[1],
      dx,
    ]);
    return [dx, ...gradients];
  });
  return value(output);
}

/**
 * Mean and one over the deviation of each column, `[2, width]`, and the moving averages in place: one workgroup a column,
 * whose lanes each take every 64th row. Bindings: `x`, `statistics`, `mean`, `variance`.
 */
function batchStatistics(rows: number, width: number, momentum: number, epsilon: number, storage: Storage): Kernel {
  const fold = (name: string): string => `
  shares[lane] = ${name};
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane < half) { shares[lane] += shares[lane + half]; }
    workgroupBarrier();
  }
  ${name} = shares[0];
  workgroupBarrier();`;
  return makeKernel({
    name: 'batch norm statistics',
    bindings: [
      { name: 'x', access: 'read', storage },
      { name: 'statistics', access: 'read_write', storage: 'float32' },
      { name: 'mean', access: 'read_write', storage: 'float32' },
      { name: 'variance', access: 'read_write', storage: 'float32' },
    ],
    workgroups: [Math.min(width, 65535), Math.ceil(width / 65535), 1],
    flops: 4 * rows * width,
    bytes: 2 * storageBytes(storage, rows * width),
    body: `var<workgroup> shares: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let column = group.x + group.y * 65535u;
  if (column >= ${width}u) { return; }
  var sum = 0.0;
  for (var row = lane; row < ${rows}u; row += 64u) { sum += x_at(row * ${width}u + column); }
  ${fold('sum')}
  let average = sum / ${rows.toFixed(1)};
  var squares = 0.0;
  for (var row = lane; row < ${rows}u; row += 64u) { let d = x_at(row * ${width}u + column) - average; squares += d * d; }
  ${fold('squares')}
  if (lane == 0u) {
    let spread = squares / ${rows.toFixed(1)};
    statistics[column] = average;
    statistics[${width}u + column] = inverseSqrt(spread + ${epsilon});
    mean[column] = ${momentum} * mean[column] + ${(1 - momentum).toPrecision(9)} * average;
    variance[column] = ${momentum} * variance[column] + ${(1 - momentum).toPrecision(9)} * spread;
  }
}`,
  });
}

function normalize(rows: number, width: number, storage: { x: Storage; result: Storage }): Kernel {
  const count = rows * width;
  return makeKernel({
    name: 'batch norm',
    bindings: [
      { name: 'x', access: 'read', storage: storage.x },
      { name: 'statistics', access: 'read', storage: 'float32' },
      { name: 'gamma', access: 'read', storage: 'float32' },
      { name: 'beta', access: 'read', storage: 'float32' },
      { name: 'result', access: 'read_write', storage: storage.result },
    ],
    workgroups: indexWorkgroups(count),
    flops: 4 * count,
    bytes: storageBytes(storage.x, count) + storageBytes(storage.result, count),
    body: `${forEachIndex(count)}
  let c = index % ${width}u;
  result_put(index, (x_at(index) - statistics[c]) * statistics[${width}u + c] * gamma[c] + beta[c]);
}`,
  });
}

/** `dx = gamma · inverse · (dy - (Σ dy + normal · Σ dy ⊙ normal) / rows)`; the sums are the parameters' gradients. */
function inputGradient(rows: number, width: number, storage: { dy: Storage; x: Storage; dx: Storage }): Kernel {
  const count = rows * width;
  return makeKernel({
    name: 'batch norm gradient',
    bindings: [
      { name: 'dy', access: 'read', storage: storage.dy },
      { name: 'x', access: 'read', storage: storage.x },
      { name: 'statistics', access: 'read', storage: 'float32' },
      { name: 'gamma', access: 'read', storage: 'float32' },
      { name: 'along', access: 'read', storage: 'float32' },
      { name: 'total', access: 'read', storage: 'float32' },
      { name: 'dx', access: 'read_write', storage: storage.dx },
    ],
    workgroups: indexWorkgroups(count),
    flops: 8 * count,
    bytes: 12 * count,
    body: `${forEachIndex(count)}
  let c = index % ${width}u;
  let inverse = statistics[${width}u + c];
  let normal = (x_at(index) - statistics[c]) * inverse;
  dx_put(index, gamma[c] * inverse * (dy_at(index) - (total[c] + normal * along[c]) / ${rows.toFixed(1)}));
}`,
  });
}
