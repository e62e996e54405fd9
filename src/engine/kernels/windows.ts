/**
 * The windows of a convolution as rows of a matrix, and back: with them every convolution and both its gradients are
 * matrix products. Gathering the windows inside the product instead would spare the memory, but takes software adapters
 * from seconds to minutes to compile.
 */
import type { Activation } from '../../config/activations';
import { makeKernel, storageBytes, type Kernel, type Storage, type Target } from '../kernel';
import { slopeFunction } from './activation';
import { applied, channelBinding, channelsOf } from './channels';

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
export function windows(geometry: Convolution, target: Target, from: Storage, to: Storage): Kernel {
  const { batch, height, width, channels, groups, outHeight, outWidth } = geometry;
  const { filterHeight, filterWidth, stride, dilation, padTop, padLeft } = geometry;
  const size = windowSize(geometry);
  const positions = windowCount(geometry);
  const lanes = channelsOf(positions, channels, target, (channels / groups) % 4 === 0);
  const { count, type, fours } = lanes;
  const each = count / groups;
  const row = fours ? size / 4 : size;
  // Windows hold one group behind the other.
  const place = groups === 1 ? 'c' : `c / ${each}u * ${row / groups}u + c % ${each}u`;
  return makeKernel({
    name: 'conv2d windows',
    bindings: [channelBinding('x', 'read', from, lanes), channelBinding('result', 'read_write', to, lanes)],
    workgroups: lanes.workgroups,
    flops: 0,
    bytes: storageBytes(from, batch * height * width * channels) + storageBytes(to, positions * size),
    body: `${lanes.head}
  let image = pixel / ${outWidth * outHeight}u;
  let top = i32(pixel / ${outWidth}u % ${outHeight}u * ${stride}u) - ${padTop};
  let left = i32(pixel % ${outWidth}u * ${stride}u) - ${padLeft};
  var tap = pixel * ${row}u;
  for (var tapY = 0; tapY < ${filterHeight}; tapY++) {
    let y = top + tapY * ${dilation};
    for (var tapX = 0; tapX < ${filterWidth}; tapX++) {
      let x_ = left + tapX * ${dilation};
      if (y >= 0 && y < ${height} && x_ >= 0 && x_ < ${width}) {
        let source = ((image * ${height}u + u32(y)) * ${width}u + u32(x_)) * ${count}u;
        ${lanes.each(`result_put(tap + ${place}, x_at(source + c));`)}
      } else {
        ${lanes.each(`result_put(tap + ${place}, ${type}(0.0));`)}
      }
      tap += ${each}u;
    }
  }
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
  target: Target,
  storage: { windows: Storage; y: Storage; z: Storage | null; dx: Storage },
): Kernel {
  const { batch, height, width, channels, groups, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const { stride, dilation, padTop, padLeft } = geometry;
  const size = windowSize(geometry);
  const pixels = batch * height * width;
  const lanes = channelsOf(pixels, channels, target, (channels / groups) % 4 === 0);
  const { count, type, fours } = lanes;
  const each = count / groups;
  const row = fours ? size / 4 : size;
  const sloped = activation !== 'linear';
  const place = groups === 1 ? 'c' : `c / ${each}u * ${row / groups}u + c % ${each}u`;
  // Without dilation only every `stride`-th tap meets a window: no other is tried.
  const direct = dilation === 1;
  const tapsOf = (axis: 'Y' | 'X', taps: number, from: string, windowsOf: number, body: string): string =>
    direct
      ? `
      var window${axis} = ${from} / ${stride};
      for (var tap${axis} = ${from} % ${stride}; tap${axis} < ${taps}; tap${axis} += ${stride}) {
        if (window${axis} >= 0 && window${axis} < ${windowsOf}) { ${body} }
        window${axis}--;
      }`
      : `
      for (var tap${axis} = 0; tap${axis} < ${taps}; tap${axis}++) {
        let reach = ${from} - tap${axis} * ${dilation};
        let window${axis} = reach / ${stride};
        if (reach >= 0 && reach % ${stride} == 0 && window${axis} < ${windowsOf}) { ${body} }
      }`;
  return makeKernel({
    name: 'conv2d windows gradient',
    bindings: [
      channelBinding('windows', 'read', storage.windows, lanes),
      ...(sloped ? [channelBinding('y', 'read', storage.y, lanes)] : []),
      ...(sloped && storage.z ? [channelBinding('z', 'read', storage.z, lanes)] : []),
      channelBinding('dx', 'read_write', storage.dx, lanes),
    ],
    workgroups: lanes.workgroups,
    flops: windowCount(geometry) * size,
    bytes: storageBytes(storage.windows, windowCount(geometry) * size) + storageBytes(storage.dx, pixels * channels),
    body: `${sloped ? slopeFunction(activation) : ''}
${lanes.head}
  let left = i32(pixel % ${width}u) + ${padLeft};
  let top = i32(pixel / ${width}u % ${height}u) + ${padTop};
  let image = pixel / ${width * height}u;
  ${lanes.each(`
    var sum = ${type}(0.0);
    let entry = ${place};
    ${tapsOf(
      'Y',
      filterHeight,
      'top',
      outHeight,
      tapsOf(
        'X',
        filterWidth,
        'left',
        outWidth,
        `let position = (image * ${outHeight}u + u32(windowY)) * ${outWidth}u + u32(windowX);
        sum += windows_at(position * ${row}u + u32(tapY * ${filterWidth} + tapX) * ${each}u + entry);`,
      ),
    )}
    let at = pixel * ${count}u + c;
    ${sloped ? `let value = y_at(at); let before = ${storage.z ? 'z_at(at)' : 'value'};` : ''}
    dx_put(at, sum${sloped ? ` * ${applied(lanes, 'slope', ['value', 'before'])}` : ''});`)}
}`,
  });
}
