import type { LossScaleSettings } from '../arena/arena';
import { makeKernel, type Kernel } from '../kernel';

/**
 * The next loss scale, by whether the update was finite. Bindings: `outcome` (the second number says so), `scaler`
 * (scale, updates in a row that were finite, updates left out).
 */
export function lossScale({ growth, backoff, interval }: LossScaleSettings): Kernel {
  return makeKernel({
    name: 'loss scale',
    bindings: [
      { name: 'outcome', access: 'read', storage: 'float32' },
      { name: 'scaler', access: 'read_write', storage: 'float32' },
    ],
    workgroups: [1, 1, 1],
    flops: 4,
    bytes: 24,
    body: `
@compute @workgroup_size(1)
fn main() {
  if (outcome[1] == 0.0) {
    scaler[0] = max(scaler[0] * ${backoff.toPrecision(9)}, 1.0e-8);
    scaler[1] = 0.0;
    scaler[2] += 1.0;
    return;
  }
  scaler[1] += 1.0;
  if (scaler[1] >= ${interval.toFixed(1)}) {
    // A scale that can grow no further stays finite.
    scaler[0] = min(scaler[0] * ${growth.toPrecision(9)}, 1.0e30);
    scaler[1] = 0.0;
  }
}`,
  });
}
