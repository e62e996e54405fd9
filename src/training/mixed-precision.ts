/**
 * Mixed precision (Micikevicius et al. 2018): results of layers and their gradients are stored in halves, weights,
 * sums and losses in float32, and the loss is scaled so that small gradients survive.
 */
import type { RunConfig } from '../config/schema';
import { DEFAULT_LOSS_SCALE } from '../engine/arena/arena';
import type { Backend } from '../engine/backend';
import type { Notice } from '../store/schema';
import type { TrainStepOptions } from './train-step';

/** How a run computes in mixed precision on this device; null: in float32. Says so where it is not as one would expect. */
export function mixedPrecision(config: RunConfig, backend: Backend, notices: Notice[]): TrainStepOptions['mixed'] {
  if (config.training.precision === 'float32') return null;
  const device = backend.webgpu?.device;
  if (!device) {
    notices.push({
      level: 'warning',
      message:
        'training.precision is mixed_float16, but only WebGPU stores halves: this run computes in float32 throughout.',
    });
    return null;
  }
  const native = device.features.has('shader-f16');
  if (!native) {
    notices.push({
      level: 'info',
      message:
        'This adapter has no half-precision numbers (shader-f16): halves are stored two in a word, which saves memory but no time.',
    });
  }
  return { storage: native ? 'float16' : 'packed', lossScale: DEFAULT_LOSS_SCALE };
}
