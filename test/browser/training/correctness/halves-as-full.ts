import { expect } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import type { LossScaleSettings } from '../../../../src/engine/arena/arena';
import { mixedPrecision } from '../../../../src/training/mixed-precision';
import { largestDifference, onWebGPU, train, type Trainee } from './models';

const config = parseConfig({ training: { precision: 'mixed_float16' } });

/** A scale that leaves no update out, so that both trainings take the same steps. */
const lossScale: LossScaleSettings = { initial: 1024, growth: 2, backoff: 0.5, interval: 2000 };

/** Layers whose results are stored in halves (as this adapter stores them) against the same in float32. */
export const expectHalvesAsFull = (trainee: Trainee): Promise<void> =>
  onWebGPU(async (backend) => {
    const storage = mixedPrecision(config, backend, [])?.storage ?? 'float32';
    const halves = await train(trainee, { backend, options: { mixed: { storage, lossScale } } });
    const full = await train(trainee, { backend });
    expect(halves.eager).toBeNull();
    expect(halves.losses).not.toEqual(full.losses);
    expect(halves.lossScales).toEqual(full.losses.map(() => lossScale.initial));
    expect(largestDifference(halves.losses, full.losses)).toBeLessThan(2e-2);
  });
