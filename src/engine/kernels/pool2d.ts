/** Pooling over windows that do not overlap, and its gradient with the slope of the input's activation. */
import type { Activation } from '../../config/activations';
import {
  forEachIndex,
  indexWorkgroups,
  makeKernel,
  storageBytes,
  type Kernel,
  type Storage,
  type Target,
} from '../kernel';
import { slopeFunction } from './activation';
import { applied, channelBinding, channelsOf, type Channels } from './channels';

/** What is pooled: `[batch, height, width, channels]` in windows of `size × size`. */
export interface PoolGeometry {
  batch: number;
  height: number;
  width: number;
  channels: number;
  size: number;
  kind: 'max' | 'average';
}

/** Windows that are whole: down, across, and all of them. */
function wholeWindows({ batch, height, width, size }: PoolGeometry): [number, number, number] {
  const [down, across] = [Math.floor(height / size), Math.floor(width / size)];
  return [down, across, batch * down * across];
}

/** Where window `pixel` of `down × across` begins: `outX`, `outY`, and `first`, the index of its first number or four. */
const corner = ({ height, width, size }: PoolGeometry, down: number, across: number, { count }: Channels): string => `
  let outX = pixel % ${across}u;
  let outY = (pixel / ${across}u) % ${down}u;
  let first = ((pixel / ${across * down}u * ${height}u + outY * ${size}u) * ${width}u + outX * ${size}u) * ${count}u;`;

/** NaN stands above every number, so that a window passes it on; `max` may drop it. */
function aboveFunction({ fours, type }: Channels): string {
  const [bool, bits] = fours ? ['vec4<bool>', 'vec4<u32>'] : ['bool', 'u32'];
  return `fn above(a: ${type}, b: ${type}) -> ${bool} {
  return (a > b) | ((bitcast<${bits}>(a) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u));
}`;
}

/** Bindings: `x`, `result`. */
export function pool(geometry: PoolGeometry, target: Target, from: Storage, to: Storage): Kernel {
  const { width, channels, size, kind } = geometry;
  const [down, across, pixels] = wholeWindows(geometry);
  const lanes = channelsOf(pixels, channels, target);
  const { count, type } = lanes;
  return makeKernel({
    name: `${kind} pool`,
    bindings: [channelBinding('x', 'read', from, lanes), channelBinding('result', 'read_write', to, lanes)],
    workgroups: lanes.workgroups,
    flops: pixels * channels * size * size,
    bytes: storageBytes(from, pixels * channels * size * size) + storageBytes(to, pixels * channels),
    body: `${kind === 'max' ? aboveFunction(lanes) : ''}
${lanes.head}
  ${corner(geometry, down, across, lanes)}
  ${lanes.each(`
    var all = ${kind === 'max' ? 'x_at(first + c)' : `${type}(0.0)`};
    for (var i = 0u; i < ${size}u; i++) {
      for (var j = 0u; j < ${size}u; j++) {
        let value = x_at(first + (i * ${width}u + j) * ${count}u + c);
        ${kind === 'max' ? 'all = select(all, value, above(value, all));' : 'all += value;'}
      }
    }
    result_put(pixel * ${count}u + c, ${kind === 'max' ? 'all' : `all / ${(size * size).toFixed(1)}`});`)}
}`,
  });
}

/**
 * For each window, and for the incomplete ones at the border, which get no gradient but have to be filled. Of equal
 * numbers the first gets the gradient. Bindings: `dy`, `x`, `z` (where the activation's slope needs it), `dx`.
 */
export function poolGradient(
  geometry: PoolGeometry,
  activation: Activation,
  target: Target,
  storages: { dy: Storage; x: Storage; z: Storage | null; dx: Storage },
): Kernel {
  const { batch, height, width, channels, size, kind } = geometry;
  const [outHeight, outWidth, whole] = wholeWindows(geometry);
  const [across, down] = [Math.ceil(width / size), Math.ceil(height / size)];
  const lanes = channelsOf(batch * across * down, channels, target);
  const { count, type, fours } = lanes;
  const sloped = activation !== 'linear';
  const slope = applied(lanes, 'slope', ['value', 'before']);
  const length = batch * height * width * channels;
  const complete = outHeight === down && outWidth === across;
  const tapType = fours ? 'vec4<u32>' : 'u32';
  return makeKernel({
    name: `${kind} pool gradient`,
    bindings: [
      channelBinding('dy', 'read', storages.dy, lanes),
      channelBinding('x', 'read', storages.x, lanes),
      ...(storages.z ? [channelBinding('z', 'read', storages.z, lanes)] : []),
      channelBinding('dx', 'read_write', storages.dx, lanes),
    ],
    workgroups: lanes.workgroups,
    flops: 2 * length,
    bytes:
      storageBytes(storages.x, length) +
      storageBytes(storages.dx, length) +
      storageBytes(storages.dy, whole * channels),
    body: `${sloped ? slopeFunction(activation) : ''}
${lanes.head}
  ${corner(geometry, down, across, lanes)}
  let whole = ${complete ? 'true' : `outX < ${outWidth}u && outY < ${outHeight}u`};
  let from_ = ((pixel / ${across * down}u * ${outHeight}u + outY) * ${outWidth}u + outX) * ${count}u;
  ${lanes.each(`
    var gradient = ${type}(0.0);
    var chosen = ${tapType}(0u);
    if (whole) {
      gradient = dy_at(from_ + c)${kind === 'max' ? '' : ` / ${(size * size).toFixed(1)}`};
      ${
        kind === 'max'
          ? `var most = x_at(first + c);
      var number = 0u;
      for (var i = 0u; i < ${size}u; i++) {
        for (var j = 0u; j < ${size}u; j++) {
          let value = x_at(first + (i * ${width}u + j) * ${count}u + c);
          chosen = select(chosen, ${tapType}(number), value > most);
          most = select(most, value, value > most);
          number++;
        }
      }`
          : ''
      }
    }
    var tap = 0u;
    for (var i = 0u; i < ${size}u; i++) {
      for (var j = 0u; j < ${size}u; j++) {
        ${complete ? '{' : `if (outY * ${size}u + i < ${height}u && outX * ${size}u + j < ${width}u) {`}
          let at = first + (i * ${width}u + j) * ${count}u + c;
          ${sloped ? `let value = x_at(at); let before = ${storages.z ? 'z_at(at)' : 'value'};` : ''}
          let share = ${kind === 'max' ? `select(${type}(0.0), gradient, chosen == ${tapType}(tap))` : 'gradient'};
          dx_put(at, share${sloped ? ` * ${slope}` : ''});
        }
        tap++;
      }
    }`)}
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
