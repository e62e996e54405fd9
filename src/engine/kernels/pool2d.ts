/** Pooling over windows that do not overlap, and its gradient with the slope of the input's activation. */
import type { Activation } from '../../config/activations';
import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';
import { slopeFunction } from './activation';

/** What is pooled: `[batch, height, width, channels]` in windows of `size × size`. */
export interface PoolGeometry {
  batch: number;
  height: number;
  width: number;
  channels: number;
  size: number;
  kind: 'max' | 'average';
}

const outputs = ({ batch, height, width, channels, size }: PoolGeometry): [number, number, number] => [
  Math.floor(height / size),
  Math.floor(width / size),
  batch * Math.floor(height / size) * Math.floor(width / size) * channels,
];

/** Index of the first number of window `outY, outX` of `example`, and the steps to its others. */
const corner = ({ height, width, channels, size }: PoolGeometry): string =>
  `((example * ${height}u + outY * ${size}u) * ${width}u + outX * ${size}u) * ${channels}u + channel`;

/** NaN stands above every number, so that a window passes it on; `max` may drop it. */
const ABOVE = `
fn above(a: f32, b: f32) -> bool { return a > b || (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u; }`;

/** Bindings: `x`, `result`. */
export function pool(geometry: PoolGeometry, from: Storage, to: Storage): Kernel {
  const { width, channels, size, kind } = geometry;
  const [outHeight, outWidth, count] = outputs(geometry);
  return makeKernel({
    name: `${kind} pool`,
    bindings: [
      { name: 'x', access: 'read', storage: from },
      { name: 'result', access: 'read_write', storage: to },
    ],
    workgroups: indexWorkgroups(count),
    flops: count * size * size,
    bytes: storageBytes(from, count * size * size) + storageBytes(to, count),
    body: `${kind === 'max' ? ABOVE : ''}
${forEachIndex(count)}
  let channel = index % ${channels}u;
  let outX = (index / ${channels}u) % ${outWidth}u;
  let outY = (index / ${channels * outWidth}u) % ${outHeight}u;
  let example = index / ${channels * outWidth * outHeight}u;
  let first = ${corner(geometry)};
  var all = ${kind === 'max' ? 'x_at(first)' : '0.0'};
  for (var i = 0u; i < ${size}u; i++) {
    for (var j = 0u; j < ${size}u; j++) {
      let value = x_at(first + (i * ${width}u + j) * ${channels}u);
      ${kind === 'max' ? 'all = select(all, value, above(value, all));' : 'all += value;'}
    }
  }
  result_put(index, ${kind === 'max' ? 'all' : `all / ${(size * size).toFixed(1)}`});
}`,
  });
}

/**
 * One invocation for each window, and for each number outside all of them. Of equal numbers the first gets the gradient.
 * Bindings: `dy`, `x`, `z` (where the activation's slope needs it), `dx`.
 */
export function poolGradient(
  geometry: PoolGeometry,
  activation: Activation,
  storages: { dy: Storage; x: Storage; z: Storage | null; dx: Storage },
): Kernel {
  const { batch, height, width, channels, size, kind } = geometry;
  const [outHeight, outWidth] = outputs(geometry);
  // Windows at the border may be incomplete: they get no gradient, but have to be filled.
  const [across, down] = [Math.ceil(width / size), Math.ceil(height / size)];
  const count = batch * across * down * channels;
  const sloped = activation !== 'linear';
  const slope = sloped ? ` * slope(x_at(at), ${storages.z ? 'z_at(at)' : '0.0'})` : '';
  const length = batch * height * width * channels;
  return makeKernel({
    name: `${kind} pool gradient`,
    bindings: [
      { name: 'dy', access: 'read', storage: storages.dy },
      { name: 'x', access: 'read', storage: storages.x },
      ...(storages.z ? [{ name: 'z', access: 'read', storage: storages.z } as const] : []),
      { name: 'dx', access: 'read_write', storage: storages.dx },
    ],
    workgroups: indexWorkgroups(count),
    flops: 2 * length,
    bytes: storageBytes(storages.x, length) + storageBytes(storages.dx, length) + storageBytes(storages.dy, count),
    body: `${sloped ? slopeFunction(activation) : ''}
${forEachIndex(count)}
  let channel = index % ${channels}u;
  let outX = (index / ${channels}u) % ${across}u;
  let outY = (index / ${channels * across}u) % ${down}u;
  let example = index / ${channels * across * down}u;
  let first = ${corner(geometry)};
  let whole = outX < ${outWidth}u && outY < ${outHeight}u;
  var gradient = 0.0;
  var chosen = 0xffffffffu;
  if (whole) {
    gradient = dy_at(((example * ${outHeight}u + outY) * ${outWidth}u + outX) * ${channels}u + channel);
    ${
      kind === 'max'
        ? `var most = x_at(first);
    chosen = first;
    for (var i = 0u; i < ${size}u; i++) {
      for (var j = 0u; j < ${size}u; j++) {
        let at = first + (i * ${width}u + j) * ${channels}u;
        let value = x_at(at);
        if (value > most) { most = value; chosen = at; }
      }
    }`
        : `gradient /= ${(size * size).toFixed(1)};`
    }
  }
  for (var i = 0u; i < ${size}u; i++) {
    for (var j = 0u; j < ${size}u; j++) {
      if (outY * ${size}u + i >= ${height}u || outX * ${size}u + j >= ${width}u) { continue; }
      let at = first + (i * ${width}u + j) * ${channels}u;
      dx_put(at, ${kind === 'max' ? 'select(0.0, gradient, at == chosen)' : 'gradient'}${slope});
    }
  }
}`,
  });
}

/** Mean over positions: `[batch, positions, channels]` → `[batch, channels]`. Bindings: `x`, `result`. */
export function globalPool(batch: number, positions: number, channels: number, from: Storage, to: Storage): Kernel {
  const count = batch * channels;
  return makeKernel({
    name: 'global average pool',
    bindings: [
      { name: 'x', access: 'read', storage: from },
      { name: 'result', access: 'read_write', storage: to },
    ],
    workgroups: indexWorkgroups(count, 16),
    flops: count * positions,
    bytes: storageBytes(from, count * positions),
    body: `${forEachIndex(count, 16)}
  let first = (index / ${channels}u) * ${positions * channels}u + index % ${channels}u;
  var sum = 0.0;
  for (var i = 0u; i < ${positions}u; i++) { sum += x_at(first + i * ${channels}u); }
  result_put(index, sum / ${positions.toFixed(1)});
}`,
  });
}

/** Bindings: `dy [batch, channels]`, `dx [batch, positions, channels]`. */
export function globalPoolGradient(
  batch: number,
  positions: number,
  channels: number,
  from: Storage,
  to: Storage,
): Kernel {
  const count = batch * positions * channels;
  return makeKernel({
    name: 'global average pool gradient',
    bindings: [
      { name: 'dy', access: 'read', storage: from },
      { name: 'dx', access: 'read_write', storage: to },
    ],
    workgroups: indexWorkgroups(count),
    flops: count,
    bytes: storageBytes(to, count),
    body: `${forEachIndex(count)}
  let example = index / ${positions * channels}u;
  dx_put(index, dy_at(example * ${channels}u + index % ${channels}u) / ${positions.toFixed(1)});
}`,
  });
}
