import { expect, test } from 'vitest';
import { startBackend } from '../../../../src/engine/backend';
import { shareDevice } from '../../share-device';
import { convnext, decoder, largestDifference, train, type Trained, type Trainee } from './models';

shareDevice();

/** A few steps on a device of its own, and the most memory that they took. */
async function measured(trainee: Trainee, recompute: boolean): Promise<Trained & { peak: number }> {
  const backend = await startBackend(['webgpu']);
  try {
    const trained = await train(trainee, { backend, steps: 6, options: { recompute } });
    return { ...trained, peak: backend.webgpu!.memoryReport().peak };
  } finally {
    backend.dispose();
  }
}

const cases: Record<string, Trainee> = {
  'a transformer with dropout': { ...decoder({ layers: 4, dropout: 0.2 }), batch: 16 },
  'a convnext': { ...convnext({ depths: [4], widths: [8] }), batch: 16 },
};

test.each(Object.entries(cases))(
  '%s whose blocks are recomputed trains alike in less memory',
  async (_name, trainee) => {
    const kept = await measured(trainee, false);
    const recomputed = await measured(trainee, true);
    expect(recomputed.eager).toBeNull();
    expect(largestDifference(recomputed.losses, kept.losses)).toBeLessThan(1e-6);
    expect(largestDifference(recomputed.gradientNorms, kept.gradientNorms)).toBeLessThan(1e-6);
    expect(largestDifference(recomputed.weights, kept.weights)).toBeLessThan(1e-6);
    expect(recomputed.peak).toBeLessThan(0.8 * kept.peak);
  },
);
