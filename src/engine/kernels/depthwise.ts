/**
 * Depthwise convolution and its gradients: every channel has a filter of its own. An invocation makes a strip of
 * neighbouring results of one channel, so that a number of the image is loaded once for all of them.
 */
import type { Activation } from '../../config/activations';
import {
  forEachIndex,
  indexWorkgroups,
  makeKernel,
  storageBytes,
  type Binding,
  type Kernel,
  type Storage,
} from '../kernel';
import { activateFunction, needsBefore, slopeFunction } from './activation';
import type { Convolution } from './windows';

/** Results of a strip. */
const STRIP = 4;

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/**
 * Loads the numbers of line `lineY` of `name` that a strip from `start` on needs, zeros outside: `s0`, `s1`, …. The
 * conditions are joined by `&`: each `&&` is a branch, and a dozen of them in a loop take software adapters half a minute
 * to compile.
 */
function loadStrip(
  name: string,
  count: number,
  image: string,
  height: number,
  width: number,
  channels: number,
): string {
  return `let inside = (lineY >= 0) & (lineY < ${height});
    let base = u32(${image} * ${height * width} + select(0, lineY, inside) * ${width}) * ${channels}u + channel;
    ${range(count)
      .map(
        (k) => `let at${k} = start + ${k};
    let keep${k} = inside & (at${k} >= 0) & (at${k} < ${width});
    let s${k} = select(0.0, ${name}_at(base + u32(select(0, at${k}, keep${k})) * ${channels}u), keep${k});`,
      )
      .join('\n    ')}`;
}

/**
 * `activation(x ∗ filter + bias)`, each channel by itself. Bindings: `x`, `weights [height, width, channels]`, `bias`,
 * `result`, `before`; those that there are.
 */
export function depthwise(
  geometry: Convolution,
  options: { bias: boolean; activation: Activation; x: Storage; result: Storage },
): Kernel {
  const { batch, height, width, channels, outHeight, outWidth, filterHeight, filterWidth, stride, padTop, padLeft } =
    geometry;
  const strips = Math.ceil(outWidth / STRIP);
  const count = batch * outHeight * strips * channels;
  const before = needsBefore(options.activation);
  const needed = (STRIP - 1) * stride + filterWidth;
  return makeKernel({
    name: 'depthwise conv2d',
    bindings: [
      { name: 'x', access: 'read', storage: options.x },
      { name: 'weights', access: 'read', storage: 'float32' },
      ...(options.bias ? [{ name: 'bias', access: 'read', storage: 'float32' } as const] : []),
      { name: 'result', access: 'read_write', storage: options.result },
      ...(before ? [{ name: 'before', access: 'read_write', storage: options.result } as const] : []),
    ],
    workgroups: indexWorkgroups(count, 32),
    flops: 2 * batch * outHeight * outWidth * channels * filterHeight * filterWidth,
    bytes:
      storageBytes(options.x, batch * height * width * channels) +
      storageBytes(options.result, batch * outHeight * outWidth * channels),
    body: `${options.activation === 'linear' ? '' : activateFunction(options.activation)}
${forEachIndex(count, 32)}
  let channel = index % ${channels}u;
  let strip = (index / ${channels}u) % ${strips}u;
  let outY = (index / ${channels * strips}u) % ${outHeight}u;
  let image = i32(index / ${channels * strips * outHeight}u);
  let start = i32(strip * ${STRIP * stride}u) - ${padLeft};
  ${range(STRIP)
    .map((p) => `var sum${p} = ${options.bias ? 'bias[channel]' : '0.0'};`)
    .join(' ')}
  for (var tapY = 0; tapY < ${filterHeight}; tapY++) {
    let lineY = i32(outY * ${stride}u) - ${padTop} + tapY;
    ${loadStrip('x', needed, 'image', height, width, channels)}
    let w = u32(tapY) * ${filterWidth * channels}u + channel;
    ${range(filterWidth)
      .map(
        (t) =>
          `{ let f = weights[w + ${t * channels}u]; ${range(STRIP)
            .map((p) => `sum${p} += s${p * stride + t} * f;`)
            .join(' ')} }`,
      )
      .join('\n    ')}
  }
  let first = ((index / ${channels * strips}u) * ${outWidth}u + strip * ${STRIP}u) * ${channels}u + channel;
  ${range(STRIP)
    .map(
      (p) =>
        `if (strip * ${STRIP}u + ${p}u < ${outWidth}u) { let at = first + ${p * channels}u; ${before ? `before_put(at, sum${p});` : ''} result_put(at, ${options.activation === 'linear' ? `sum${p}` : `activate(sum${p})`}); }`,
    )
    .join('\n  ')}
}`,
  });
}

/** Gradient of the input, with the slope of its activation. Bindings: `dy`, `weights`, `y`, `z`, `dx`; those there are. */
export function depthwiseInputGradient(
  geometry: Convolution,
  activation: Activation,
  storage: { dy: Storage; y: Storage; z: Storage | null; dx: Storage },
): Kernel {
  const { batch, height, width, channels, outHeight, outWidth, filterHeight, filterWidth, stride, padTop, padLeft } =
    geometry;
  const strip = stride === 1 ? STRIP : 1;
  const strips = Math.ceil(width / strip);
  const count = batch * height * strips * channels;
  const sloped = activation !== 'linear';
  const bindings: Binding[] = [
    { name: 'dy', access: 'read', storage: storage.dy },
    { name: 'weights', access: 'read', storage: 'float32' },
    ...(sloped ? [{ name: 'y', access: 'read', storage: storage.y } as const] : []),
    ...(sloped && storage.z ? [{ name: 'z', access: 'read', storage: storage.z } as const] : []),
    { name: 'dx', access: 'read_write', storage: storage.dx },
  ];
  const whole = STRIP + filterWidth - 1;
  const sums =
    stride === 1
      ? // A correlation with the filter turned round.
        `for (var tapY = 0; tapY < ${filterHeight}; tapY++) {
    let lineY = top - tapY;
    let w = u32(tapY) * ${filterWidth * channels}u + channel;
    let start = left - ${filterWidth - 1};
    ${loadStrip('dy', whole, 'image', outHeight, outWidth, channels)}
    ${range(filterWidth)
      .map(
        (t) =>
          `{ let f = weights[w + ${(filterWidth - 1 - t) * channels}u]; ${range(STRIP)
            .map((p) => `sum${p} += s${p + t} * f;`)
            .join(' ')} }`,
      )
      .join('\n    ')}
  }`
      : // Each pixel visits the results that it is part of, which most taps are not.
        `for (var outY = max(0, (top - ${filterHeight - stride}) / ${stride}); outY <= min(top / ${stride}, ${outHeight - 1}); outY++) {
    let line = (image * ${outHeight} + outY) * ${outWidth};
    let tapY = (top - outY * ${stride}) * ${filterWidth};
    for (var outX = max(0, (left - ${filterWidth - stride}) / ${stride}); outX <= min(left / ${stride}, ${outWidth - 1}); outX++) {
      let tap = tapY + left - outX * ${stride};
      sum0 += dy_at(u32(line + outX) * ${channels}u + channel) * weights[u32(tap) * ${channels}u + channel];
    }
  }`;
  return makeKernel({
    name: 'depthwise conv2d input gradient',
    bindings,
    workgroups: indexWorkgroups(count, 32),
    flops: 2 * batch * outHeight * outWidth * channels * filterHeight * filterWidth,
    bytes: storageBytes(storage.dx, batch * height * width * channels),
    body: `${sloped ? slopeFunction(activation) : ''}
${forEachIndex(count, 32)}
  let channel = index % ${channels}u;
  let strip = (index / ${channels}u) % ${strips}u;
  let pixelY = (index / ${channels * strips}u) % ${height}u;
  let image = i32(index / ${channels * strips * height}u);
  let left = i32(strip * ${strip}u) + ${padLeft};
  let top = i32(pixelY) + ${padTop};
  ${range(strip)
    .map((p) => `var sum${p} = 0.0;`)
    .join(' ')}
  ${sums}
  let first = ((index / ${channels * strips}u) * ${width}u + strip * ${strip}u) * ${channels}u + channel;
  ${range(strip)
    .map(
      (p) =>
        `if (strip * ${strip}u + ${p}u < ${width}u) { let at = first + ${p * channels}u; dx_put(at, sum${p}${sloped ? ` * slope(y_at(at), ${storage.z ? 'z_at(at)' : '0.0'})` : ''}); }`,
    )
    .join('\n  ')}
}`,
  });
}

/** Parts into which the lines of all images are cut for the gradient of the filter. */
export const depthwiseParts = ({ batch, outHeight, filterHeight, channels }: Convolution, software: boolean): number =>
  Math.max(1, Math.min(batch * outHeight, Math.ceil((software ? 256 : 8192) / (filterHeight * channels))));

/**
 * Gradient of filter and bias in `parts`; an invocation makes one line of a channel's filter. Bindings: `x`, `dy`,
 * `partials [parts, height, width, channels]`, `partial_sums [parts, channels]` (where there is a bias).
 */
export function depthwiseFilterGradient(
  geometry: Convolution,
  options: { bias: boolean; parts: number; x: Storage; dy: Storage },
): Kernel {
  const { batch, height, width, channels, outHeight, outWidth, filterHeight, filterWidth, stride, padTop, padLeft } =
    geometry;
  const lines = batch * outHeight;
  const perPart = Math.ceil(lines / options.parts);
  const count = options.parts * filterHeight * channels;
  const load = (x: string): string => {
    const kept = `(${x} >= 0) & (${x} < ${width})`;
    return `select(0.0, x_at(base + u32(select(0, ${x}, ${kept})) * ${channels}u), ${kept})`;
  };
  return makeKernel({
    name: 'depthwise conv2d filter gradient',
    bindings: [
      { name: 'x', access: 'read', storage: options.x },
      { name: 'dy', access: 'read', storage: options.dy },
      { name: 'partials', access: 'read_write', storage: 'float32' },
      ...(options.bias ? [{ name: 'partial_sums', access: 'read_write', storage: 'float32' } as const] : []),
    ],
    workgroups: indexWorkgroups(count, 32),
    flops: 2 * lines * outWidth * channels * filterHeight * filterWidth,
    bytes: storageBytes(options.x, batch * height * width * channels),
    body: `${forEachIndex(count, 32)}
  let channel = index % ${channels}u;
  let tapY = (index / ${channels}u) % ${filterHeight}u;
  let part = index / ${channels * filterHeight}u;
  ${range(filterWidth)
    .map((t) => `var sum${t} = 0.0;`)
    .join(' ')}
  var total = 0.0;
  let end = min((part + 1u) * ${perPart}u, ${lines}u);
  for (var line = part * ${perPart}u; line < end; line++) {
    let lineY = i32(line % ${outHeight}u * ${stride}u + tapY) - ${padTop};
    let inside = lineY >= 0 && lineY < ${height};
    ${options.bias ? `if (!inside && tapY != 0u) { continue; }` : 'if (!inside) { continue; }'}
    let keep = select(0.0, 1.0, inside);
    let base = (line / ${outHeight}u * ${height}u + u32(select(0, lineY, inside))) * ${width * channels}u + channel;
    let goal = line * ${outWidth * channels}u + channel;
    ${
      stride === 1
        ? `${range(filterWidth - 1)
            .map((t) => `var s${t} = ${load(`(${t} - ${padLeft})`)};`)
            .join('\n    ')}
    for (var outX = 0; outX < ${outWidth}; outX++) {
      let g = dy_at(goal + u32(outX) * ${channels}u);
      total += g;
      let h = g * keep;
      let next = outX + ${filterWidth - 1 - padLeft};
      let s${filterWidth - 1} = ${load('next')};
      ${range(filterWidth)
        .map((t) => `sum${t} += h * s${t};`)
        .join(' ')}
      ${range(filterWidth - 1)
        .map((t) => `s${t} = s${t + 1};`)
        .join(' ')}
    }`
        : `for (var outX = 0; outX < ${outWidth}; outX++) {
      let g = dy_at(goal + u32(outX) * ${channels}u);
      total += g;
      let h = g * keep;
      let start = outX * ${stride} - ${padLeft};
      ${range(filterWidth)
        .map((t) => `{ let x = start + ${t}; sum${t} += h * ${load('x')}; }`)
        .join('\n      ')}
    }`
    }
  }
  let first = (part * ${filterHeight}u + tapY) * ${filterWidth * channels}u + channel;
  ${range(filterWidth)
    .map((t) => `partials[first + ${t * channels}u] = sum${t};`)
    .join('\n  ')}
  ${options.bias ? `if (tapY == 0u) { partial_sums[part * ${channels}u + channel] = total; }` : ''}
}`,
  });
}
