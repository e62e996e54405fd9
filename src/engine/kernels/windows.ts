/**
 * The windows of a convolution as rows of a matrix, and back: with them every convolution and both its gradients are
 * matrix products. Gathering the windows inside the product instead would spare the memory, but takes software adapters
 * from seconds to minutes to compile.
 */
import type { Activation } from '../../config/activations';
import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';
import { slopeFunction } from './activation';

/** Geometry of a convolution, `[batch, height, width, channels]` → `[batch, outHeight, outWidth, filters]`. */
export interface Convolution {
  batch: number;
  height: number;
  width: number;
  channels: number;
  outHeight: number;
  outWidth: number;
  filters: number;
  filterHeight: number;
  filterWidth: number;
  stride: number;
  dilation: number;
  /** Parts of the channels, each seen by its own filters only: windows hold one part behind the other. */
  groups: number;
  /** Rows and columns of zeros above and left of the image. */
  padTop: number;
  padLeft: number;
}

/** Numbers of one window. */
export const windowSize = ({ filterHeight, filterWidth, channels }: Convolution): number =>
  filterHeight * filterWidth * channels;

/** Positions of the window. */
export const windowCount = ({ batch, outHeight, outWidth }: Convolution): number => batch * outHeight * outWidth;

/**
 * `[batch · outHeight · outWidth, groups · filterHeight · filterWidth · channels / groups]`. Bindings: `x`, `result`.
 */
export function windows(geometry: Convolution, from: Storage, to: Storage): Kernel {
  const { height, width, channels, outHeight, outWidth, filterWidth, stride, dilation, padTop, padLeft } = geometry;
  const size = windowSize(geometry);
  const count = windowCount(geometry) * size;
  const { groups } = geometry;
  const [part, each] = [size / groups, channels / groups];
  return makeKernel({
    name: 'conv2d windows',
    bindings: [
      { name: 'x', access: 'read', storage: from },
      { name: 'result', access: 'read_write', storage: to },
    ],
    workgroups: indexWorkgroups(count),
    flops: 0,
    bytes: storageBytes(from, geometry.batch * height * width * channels) + storageBytes(to, count),
    body: `${forEachIndex(count)}
  let position = index / ${size}u;
  ${groups === 1 ? '' : `let group = index % ${size}u / ${part}u;`}
  let entry = index % ${part}u;
  let y = i32(position / ${outWidth}u % ${outHeight}u * ${stride}u + entry / ${filterWidth * each}u * ${dilation}u) - ${padTop};
  let x_ = i32(position % ${outWidth}u * ${stride}u + entry / ${each}u % ${filterWidth}u * ${dilation}u) - ${padLeft};
  var value = 0.0;
  if (y >= 0 && y < ${height} && x_ >= 0 && x_ < ${width}) {
    let image = position / ${outWidth * outHeight}u;
    value = x_at(((image * ${height}u + u32(y)) * ${width}u + u32(x_)) * ${channels}u + entry % ${each}u${groups === 1 ? '' : ` + group * ${each}u`});
  }
  result_put(index, value);
}`,
  });
}

/**
 * Gradient of the image from that of its windows: each number gathers from all windows that it is part of, and is
 * multiplied by the slope of the activation that made it. Bindings: `windows`, `y`, `z` (where needed), `dx`.
 */
export function windowsGradient(
  geometry: Convolution,
  activation: Activation,
  storage: { windows: Storage; y: Storage; z: Storage | null; dx: Storage },
): Kernel {
  const { batch, height, width, channels, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const { stride, dilation, padTop, padLeft } = geometry;
  const size = windowSize(geometry);
  const count = batch * height * width * channels;
  const sloped = activation !== 'linear';
  const each = channels / geometry.groups;
  return makeKernel({
    name: 'conv2d windows gradient',
    bindings: [
      { name: 'windows', access: 'read', storage: storage.windows },
      ...(sloped ? [{ name: 'y', access: 'read', storage: storage.y } as const] : []),
      ...(sloped && storage.z ? [{ name: 'z', access: 'read', storage: storage.z } as const] : []),
      { name: 'dx', access: 'read_write', storage: storage.dx },
    ],
    workgroups: indexWorkgroups(count),
    flops: windowCount(geometry) * size,
    bytes: storageBytes(storage.windows, windowCount(geometry) * size) + storageBytes(storage.dx, count),
    body: `${sloped ? slopeFunction(activation) : ''}
${forEachIndex(count)}
  let channel = index % ${channels}u;
  let left = i32(index / ${channels}u % ${width}u) + ${padLeft};
  let top = i32(index / ${channels * width}u % ${height}u) + ${padTop};
  let image = index / ${channels * width * height}u;
  let entry = channel / ${each}u * ${size / geometry.groups}u + channel % ${each}u;
  var sum = 0.0;
  for (var tapY = 0; tapY < ${filterHeight}; tapY++) {
    let y_ = top - tapY * ${dilation};
    if (y_ < 0 || y_ % ${stride} != 0 || y_ / ${stride} >= ${outHeight}) { continue; }
    for (var tapX = 0; tapX < ${filterWidth}; tapX++) {
      let x_ = left - tapX * ${dilation};
      if (x_ < 0 || x_ % ${stride} != 0 || x_ / ${stride} >= ${outWidth}) { continue; }
      let position = (image * ${outHeight}u + u32(y_ / ${stride})) * ${outWidth}u + u32(x_ / ${stride});
      sum += windows_at(position * ${size}u + u32(tapY * ${filterWidth} + tapX) * ${each}u + entry);
    }
  }
  dx_put(index, sum${sloped ? ` * slope(y_at(index), ${storage.z ? 'z_at(index)' : '0.0'})` : ''});
}`,
  });
}
