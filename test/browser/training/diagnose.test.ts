import { expect, test } from 'vitest';
import type { PreparedData } from '../../../src/data/contract';
import { readMetrics } from '../../../src/store/metrics';
import { setVariable } from '../../../src/engine/variables';
import { nonFinitePlace } from '../../../src/training/diagnose';
import { shareDevice } from '../share-device';
import { batchOf, onWebGPU, setUp, TRAINEES } from './correctness/models';
import { freshDatabase, sit, storeRun, syntheticData } from './fixture';

shareDevice();

/** Data whose batch number `call` (from 0) holds NaN. */
function brokenAt(data: PreparedData, call: number): PreparedData {
  let calls = 0;
  return {
    ...data,
    async batch(indices) {
      const batch = await data.batch(indices);
      if (calls++ === call) batch.inputs[3] = NaN;
      return batch;
    },
  };
}

const images = syntheticData({ shape: [8, 7, 2] });

test.each([
  ['in the second step', {}, 1, 2],
  ['in the first of two batches of a step', { gradient_accumulation: 2 }, 2, 2],
  ['while the loss is scaled', { precision: 'mixed_float16' }, 3, 4],
])('NaN in a batch %s ends the run at that step', async (_name, training, call, step) => {
  const database = await freshDatabase();
  const run = await storeRun(database, {
    model: { architecture: 'cnn', filters: [4] },
    training: { epochs: 3, batch_size: 16, ...training },
  });
  const { row } = await sit(database, run.id, brokenAt(images, call));
  expect(row.status).toBe('diverged');
  expect(row.reason).toContain(`diverged at step ${step}:`);
  expect(row.reason).toContain('the batch itself holds NaN, in its example 1 of 16');
  const [curve] = await readMetrics(database, run.id, ['train_loss']);
  expect([...curve.steps]).toEqual(Array.from({ length: step - 1 }, (_, i) => i + 1));
});

test('a number too large for halves is found in the layer that gives it', () =>
  onWebGPU(async (backend) => {
    const trainee = TRAINEES['cnn, Nesterov momentum'];
    const lossScale = { initial: 1, growth: 2, backoff: 0.5, interval: 2000 };
    const options = { mixed: { storage: 'packed' as const, lossScale } };
    const { step, model, dispose } = await setUp(trainee, { backend, options });
    const bias = model.weights.find(({ name }) => name === 'conv2d_2/bias')!;
    setVariable(bias.variable, new Float32Array(bias.variable.size).fill(1e5));
    const batch = batchOf(trainee, 0);
    expect(await nonFinitePlace(model, batch, 0)).toContain('arose in the gradient');
    expect(await nonFinitePlace(model, batch, 0, step.storage)).toContain('is conv2d_2 (it gives Infinity)');
    dispose();
  }));
