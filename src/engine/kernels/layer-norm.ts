/** Layer normalisation (Ba et al. 2016) over the last axis, and its gradients. */
import type { Activation } from '../../config/activations';
import { indexWorkgroups, forEachIndex, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';
import { slopeFunction } from './activation';
import { lanesFor } from './lanes';

/** Rows of `width` numbers. */
export interface Rows {
  rows: number;
  width: number;
}

/** Bindings: `x`, `gamma`, `beta`, `result`, `statistics` (`[rows, 2]`: mean, and one over the deviation). */
export function layerNorm(
  { rows, width }: Rows,
  epsilon: number,
  storage: { x: Storage; result: Storage },
  software: boolean,
): Kernel {
  const lanes = lanesFor(rows, width, software);
  const count = rows * width;
  return makeKernel({
    name: 'layer norm',
    bindings: [
      { name: 'x', access: 'read', storage: storage.x },
      { name: 'gamma', access: 'read', storage: 'float32' },
      { name: 'beta', access: 'read', storage: 'float32' },
      { name: 'result', access: 'read_write', storage: storage.result },
      { name: 'statistics', access: 'read_write', storage: 'float32' },
    ],
    workgroups: lanes.workgroups,
    flops: 8 * count,
    bytes: storageBytes(storage.x, count) + storageBytes(storage.result, count),
    body: `${lanes.head}
  let first = row * ${width}u;
  var sum = 0.0;
  ${lanes.each(width, 'sum += x_at(first + i);')}
  ${lanes.combine('sum')}
  let mean = sum / ${width.toFixed(1)};
  var squares = 0.0;
  ${lanes.each(width, 'let d = x_at(first + i) - mean; squares += d * d;')}
  ${lanes.combine('squares')}
  let inverse = inverseSqrt(squares / ${width.toFixed(1)} + ${epsilon});
  ${lanes.each(width, 'result_put(first + i, (x_at(first + i) - mean) * inverse * gamma[i] + beta[i]);')}
  if (lane == 0u) {
    statistics[2u * row] = mean;
    statistics[2u * row + 1u] = inverse;
  }
}`,
  });
}

/** Gradient of the input. Bindings: `dy`, `x`, `gamma`, `statistics`, `z` (where the slope needs it), `dx`. */
export function layerNormGradient(
  { rows, width }: Rows,
  activation: Activation,
  storage: { dy: Storage; x: Storage; z: Storage | null; dx: Storage },
  software: boolean,
): Kernel {
  const lanes = lanesFor(rows, width, software);
  const count = rows * width;
  const slope = activation === 'linear' ? '' : ` * slope(x_at(at), ${storage.z ? 'z_at(at)' : '0.0'})`;
  return makeKernel({
    name: 'layer norm gradient',
    bindings: [
      { name: 'dy', access: 'read', storage: storage.dy },
      { name: 'x', access: 'read', storage: storage.x },
      { name: 'gamma', access: 'read', storage: 'float32' },
      { name: 'statistics', access: 'read', storage: 'float32' },
      ...(slope && storage.z ? [{ name: 'z', access: 'read', storage: storage.z } as const] : []),
      { name: 'dx', access: 'read_write', storage: storage.dx },
    ],
    workgroups: lanes.workgroups,
    flops: 12 * count,
    bytes: storageBytes(storage.x, count) + storageBytes(storage.dy, count) + storageBytes(storage.dx, count),
    body: `${slope ? slopeFunction(activation) : ''}
${lanes.head}
  let first = row * ${width}u;
  let mean = statistics[2u * row];
  let inverse = statistics[2u * row + 1u];
  var total = 0.0;
  var along = 0.0;
  ${lanes.each(width, 'let g = dy_at(first + i) * gamma[i]; total += g; along += g * (x_at(first + i) - mean) * inverse;')}
  ${lanes.combine('total')}
  ${lanes.combine('along')}
  ${lanes.each(
    width,
    `let at = first + i;
    let normal = (x_at(at) - mean) * inverse;
    let g = dy_at(at) * gamma[i];
    dx_put(at, inverse * (g - (total + normal * along) / ${width.toFixed(1)})${slope});`,
  )}
}`,
  });
}

/** Parts into which rows are cut for the gradients of gamma and beta. */
export const normParts = ({ rows, width }: Rows, software: boolean): number =>
  Math.max(1, Math.min(rows, Math.ceil((software ? 128 : 8192) / width), Math.ceil(rows / 16)));

/**
 * Gradients of gamma and beta in `parts`, each over some of the rows. Statistics are those of rows, `[rows, 2]`, or, for
 * batch normalisation, of columns, `[2, width]`. Bindings: `dy`, `x`, `statistics`,
 * `gammas [parts, width]`, `betas [parts, width]`.
 */
export function layerNormParameterGradient(
  { rows, width }: Rows,
  parts: number,
  storage: { dy: Storage; x: Storage },
  statisticsOf: 'row' | 'column' = 'row',
): Kernel {
  const [mean, inverse] =
    statisticsOf === 'row'
      ? ['statistics[2u * row]', 'statistics[2u * row + 1u]']
      : ['statistics[column]', `statistics[${width}u + column]`];
  const perPart = Math.ceil(rows / parts);
  return makeKernel({
    name: 'layer norm parameter gradient',
    bindings: [
      { name: 'dy', access: 'read', storage: storage.dy },
      { name: 'x', access: 'read', storage: storage.x },
      { name: 'statistics', access: 'read', storage: 'float32' },
      { name: 'gammas', access: 'read_write', storage: 'float32' },
      { name: 'betas', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(parts * width, 16),
    flops: 5 * rows * width,
    bytes: storageBytes(storage.x, rows * width) + storageBytes(storage.dy, rows * width),
    body: `${forEachIndex(parts * width, 16)}
  let column = index % ${width}u;
  let part = index / ${width}u;
  var total = 0.0;
  var along = 0.0;
  let end = min((part + 1u) * ${perPart}u, ${rows}u);
  for (var row = part * ${perPart}u; row < end; row++) {
    let at = row * ${width}u + column;
    let g = dy_at(at);
    total += g;
    along += g * (x_at(at) - ${mean}) * ${inverse};
  }
  gammas[index] = along;
  betas[index] = total;
}`,
  });
}
