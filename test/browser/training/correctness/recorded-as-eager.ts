import { expect } from 'vitest';
import { largestDifference, onWebGPU, train, type Trainee, type Variation } from './models';

/** Steps that are replayed against steps that are queued anew each time, in the very same kernels. */
export const expectRecordedAsEager = (trainee: Trainee, variation: Variation): Promise<void> =>
  onWebGPU(async (backend) => {
    const recorded = await train(trainee, { ...variation, backend });
    const eager = await train(trainee, { ...variation, backend, options: { ...variation.options, recorded: false } });
    expect(recorded.eager).toBeNull();
    expect(recorded.losses[0]).toBeGreaterThan(0);
    expect(largestDifference(recorded.losses, eager.losses)).toBeLessThan(1e-6);
    expect(largestDifference(recorded.gradientNorms, eager.gradientNorms)).toBeLessThan(1e-6);
    expect(largestDifference(recorded.weights, eager.weights)).toBeLessThan(1e-6);
  });
