import { forEachIndex, indexWorkgroups, makeKernel, type Kernel } from '../kernel';

/**
 * Gradients of `scale ⊙ (x · K + b)` from those without the scale, `unscaled = xᵀ dy` and `sums = Σ dy`:
 * `dK = unscaled ⊙ scale`, `db = sums ⊙ scale`, and `dscaleⱼ = Σₖ Kₖⱼ unscaledₖⱼ + bⱼ sumsⱼ`, which spares keeping
 * `x · K + b`. Bindings: `unscaled`, `sums`, `kernel`, `bias`, `scale`, `kernel_gradient`, `bias_gradient`,
 * `scale_gradient`.
 */
export function scaledGradient(inner: number, columns: number): Kernel {
  const read = (name: string) => ({ name, access: 'read', storage: 'float32' }) as const;
  const written = (name: string) => ({ name, access: 'read_write', storage: 'float32' }) as const;
  return makeKernel({
    name: 'layer scale gradient',
    bindings: [
      ...['unscaled', 'sums', 'kernel', 'bias', 'scale'].map(read),
      ...['kernel_gradient', 'bias_gradient', 'scale_gradient'].map(written),
    ],
    workgroups: indexWorkgroups(columns, 16),
    flops: 3 * inner * columns,
    bytes: 12 * inner * columns,
    body: `${forEachIndex(columns, 16)}
  let factor = scale[index];
  var sum = bias[index] * sums[index];
  bias_gradient[index] = sums[index] * factor;
  for (var k = 0u; k < ${inner}u; k++) {
    let at = k * ${columns}u + index;
    let gradient = unscaled[at];
    sum += kernel[at] * gradient;
    kernel_gradient[at] = gradient * factor;
  }
  scale_gradient[index] = sum;
}`,
  });
}
