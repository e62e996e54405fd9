import { sums, term, type Sums } from './terms';

/** Geometry of a convolution, all of it spelt out. */
export interface Convolution {
  batch: number;
  height: number;
  width: number;
  channels: number;
  filters: number;
  filterHeight: number;
  filterWidth: number;
  stride: number;
  dilation: number;
  groups: number;
  padding: 'same' | 'valid';
}

/** Sides of the result, and the zeros in front of the image. */
export function outputSide(
  length: number,
  filter: number,
  { stride, dilation, padding }: Convolution,
): { side: number; before: number } {
  const reach = dilation * (filter - 1) + 1;
  if (padding === 'valid') return { side: Math.ceil((length - reach + 1) / stride), before: 0 };
  const side = Math.ceil(length / stride);
  return { side, before: Math.floor(Math.max(0, (side - 1) * stride + reach - length) / 2) };
}

/** Every product of the convolution: index of the result, of the image and of the filter. */
function visit(geometry: Convolution, product: (y: number, x: number, w: number) => void): number {
  const { batch, height, width, channels, filters, filterHeight, filterWidth, stride, dilation, groups } = geometry;
  const [down, across] = [outputSide(height, filterHeight, geometry), outputSide(width, filterWidth, geometry)];
  const [seen, own] = [channels / groups, filters / groups];
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < down.side; i++) {
      for (let j = 0; j < across.side; j++) {
        for (let p = 0; p < filterHeight; p++) {
          for (let q = 0; q < filterWidth; q++) {
            const [row, column] = [i * stride + p * dilation - down.before, j * stride + q * dilation - across.before];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let f = 0; f < filters; f++) {
              for (let c = 0; c < seen; c++) {
                product(
                  ((b * down.side + i) * across.side + j) * filters + f,
                  ((b * height + row) * width + column) * channels + Math.floor(f / own) * seen + c,
                  ((p * filterWidth + q) * seen + c) * filters + f,
                );
              }
            }
          }
        }
      }
    }
  }
  return batch * down.side * across.side * filters;
}

/** The convolution plus bias, and its gradients for the cotangent `dy` of its size. */
export function convolution(
  geometry: Convolution,
  [x, w, bias]: ArrayLike<number>[],
  cotangent: (length: number) => ArrayLike<number>,
): { y: Sums; gradients: Sums[] } {
  const { filters } = geometry;
  const length = visit(geometry, () => undefined);
  const dy = cotangent(length);
  const y = sums(length);
  const gradients = [sums(x.length), sums(w.length), sums(filters)];
  for (let at = 0; at < length; at++) {
    term(y, at, bias[at % filters]);
    term(gradients[2], at % filters, dy[at]);
  }
  visit(geometry, (to, from, by) => {
    term(y, to, x[from] * w[by]);
    term(gradients[0], from, dy[to] * w[by]);
    term(gradients[1], by, dy[to] * x[from]);
  });
  return { y, gradients };
}
