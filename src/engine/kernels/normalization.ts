/**
 * Layer (Ba et al. 2016), RMS (Zhang & Sennrich 2019) and group normalisation (Wu & He 2018), and their gradients: each
 * normalises rows of numbers, which differ in where those numbers lie.
 */
import type { Activation } from '../../config/activations';
import {
  indexWorkgroups,
  forEachIndex,
  makeKernel,
  storageBytes,
  type Binding,
  type Kernel,
  type Storage,
} from '../kernel';
import { slopeFunction } from './activation';
import { lanesFor } from './lanes';

/** Rows of `width` numbers. */
export interface Rows {
  rows: number;
  width: number;
}

/** What is normalised, and how. */
export interface Normalization extends Rows {
  name: string;
  /** Expression for the index of number `i` of `row`. */
  at: string;
  /** Expression for the index of its parameters. */
  channel: string;
  /** Subtract the mean and add `beta`; else only the scale is normalised, by the root of the mean square. */
  centred: boolean;
}

/** Rows over the last axis, which is as wide as the parameters. */
export const lastAxis = (name: string, { rows, width }: Rows, centred: boolean): Normalization => ({
  name,
  rows,
  width,
  at: `row * ${width}u + i`,
  channel: 'i',
  centred,
});

/** Numbers of a row are those of all positions in a group of channels: `[batch, positions, groups, channels of one]`. */
export function channelGroups(batch: number, positions: number, channels: number, groups: number): Normalization {
  const each = channels / groups;
  return {
    name: 'group norm',
    rows: batch * groups,
    width: positions * each,
    at: `(row / ${groups}u * ${positions}u + i / ${each}u) * ${channels}u + row % ${groups}u * ${each}u + i % ${each}u`,
    channel: `row % ${groups}u * ${each}u + i % ${each}u`,
    centred: true,
  };
}

const read = (name: string, storage: Storage = 'float32'): Binding => ({ name, access: 'read', storage });
const written = (name: string, storage: Storage = 'float32'): Binding => ({ name, access: 'read_write', storage });

/**
 * Bindings: `x`, `gamma`, `beta` (where centred), `result`, `statistics` (`[rows, 2]`: mean, and one over the deviation).
 */
export function normalize(
  { name, rows, width, at, channel, centred }: Normalization,
  epsilon: number,
  storage: { x: Storage; result: Storage },
  software: boolean,
): Kernel {
  const lanes = lanesFor(rows, width, software);
  const count = rows * width;
  return makeKernel({
    name,
    bindings: [
      read('x', storage.x),
      read('gamma'),
      ...(centred ? [read('beta')] : []),
      written('result', storage.result),
      written('statistics'),
    ],
    workgroups: lanes.workgroups,
    flops: 8 * count,
    bytes: storageBytes(storage.x, count) + storageBytes(storage.result, count),
    body: `${lanes.head}
  var mean = 0.0;
  ${
    centred
      ? `${lanes.each(width, `mean += x_at(${at});`)}
  ${lanes.combine('mean')}
  mean /= ${width.toFixed(1)};`
      : ''
  }
  var squares = 0.0;
  ${lanes.each(width, `let d = x_at(${at}) - mean; squares += d * d;`)}
  ${lanes.combine('squares')}
  let inverse = inverseSqrt(squares / ${width.toFixed(1)} + ${epsilon});
  ${lanes.each(
    width,
    `let at = ${at};
    let channel = ${channel};
    result_put(at, (x_at(at) - mean) * inverse * gamma[channel]${centred ? ' + beta[channel]' : ''});`,
  )}
  if (lane == 0u) {
    statistics[2u * row] = mean;
    statistics[2u * row + 1u] = inverse;
  }
}`,
  });
}

/** Gradient of the input. Bindings: `dy`, `x`, `gamma`, `statistics`, `z` (where the slope needs it), `dx`. */
export function normalizeGradient(
  { name, rows, width, at, channel, centred }: Normalization,
  activation: Activation,
  storage: { dy: Storage; x: Storage; z: Storage | null; dx: Storage },
  software: boolean,
): Kernel {
  const lanes = lanesFor(rows, width, software);
  const count = rows * width;
  const slope = activation === 'linear' ? '' : ` * slope(x_at(at), ${storage.z ? 'z_at(at)' : '0.0'})`;
  return makeKernel({
    name: `${name} gradient`,
    bindings: [
      read('dy', storage.dy),
      read('x', storage.x),
      read('gamma'),
      read('statistics'),
      ...(slope && storage.z ? [read('z', storage.z)] : []),
      written('dx', storage.dx),
    ],
    workgroups: lanes.workgroups,
    flops: 12 * count,
    bytes: storageBytes(storage.x, count) + storageBytes(storage.dy, count) + storageBytes(storage.dx, count),
    body: `${slope ? slopeFunction(activation) : ''}
${lanes.head}
  let mean = statistics[2u * row];
  let inverse = statistics[2u * row + 1u];
  var total = 0.0;
  var along = 0.0;
  ${lanes.each(
    width,
    `let at = ${at};
    let g = dy_at(at) * gamma[${channel}];
    ${centred ? 'total += g;' : ''}
    along += g * (x_at(at) - mean) * inverse;`,
  )}
  ${centred ? lanes.combine('total') : ''}
  ${lanes.combine('along')}
  ${lanes.each(
    width,
    `let at = ${at};
    let normal = (x_at(at) - mean) * inverse;
    let g = dy_at(at) * gamma[${channel}];
    dx_put(at, inverse * (g - (total + normal * along) / ${width.toFixed(1)})${slope});`,
  )}
}`,
  });
}

/** Parts into which rows are cut for the gradients of gamma and beta. */
export const normParts = ({ rows, width }: Rows, software: boolean): number =>
  Math.max(1, Math.min(rows, Math.ceil((software ? 128 : 8192) / width), Math.ceil(rows / 16)));

/**
 * Gradients of gamma and, where `beta` says so, of beta in `parts`, each over some of the rows of `dy`, as wide as the
 * parameters. Bindings: `dy`, `x`, `statistics`, `gammas [parts, width]`, `betas [parts, width]`.
 * @param statistics Expressions for mean and one over the deviation, over `row` and `column`.
 */
export function normParameterGradient(
  name: string,
  { rows, width }: Rows,
  parts: number,
  storage: { dy: Storage; x: Storage },
  [mean, inverse]: [mean: string, inverse: string],
  beta = true,
): Kernel {
  const perPart = Math.ceil(rows / parts);
  return makeKernel({
    name: `${name} parameter gradient`,
    bindings: [
      read('dy', storage.dy),
      read('x', storage.x),
      read('statistics'),
      written('gammas'),
      ...(beta ? [written('betas')] : []),
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
  ${beta ? 'betas[index] = total;' : ''}
}`,
  });
}
