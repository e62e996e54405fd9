import { afterEach, expect, test } from 'vitest';
import type { Batch } from '../../../src/data/contract';
import { startBackend, type Backend } from '../../../src/engine/backend';
import { buildModel, type Model } from '../../../src/models/model';
import { GradientStep } from '../../../src/training/gradient-step';
import { crossEntropyLoss, meanSquaredErrorLoss } from '../../../src/training/losses';
import { shareDevice } from '../share-device';
import { batchOf, TRAINEES, type Trainee } from './correctness/models';

shareDevice();

let backend: Backend | null = null;
afterEach(() => backend?.dispose());

interface Computed {
  vector: Float32Array;
  outputs: Float32Array;
}

const movingSize = (model: Model): number =>
  model.weights.filter(({ trainable }) => !trainable).reduce((sum, { variable }) => sum + variable.size, 0);

/** Gradients of `batches`, each half a step, with buckets of at least so many numbers. */
async function gradients(name: 'webgpu' | 'cpu', trainee: Trainee, batches: Batch[], bucket: number) {
  backend ??= await startBackend([name]);
  const model = buildModel(trainee.model, trainee.io, 3);
  const loss = trainee.regression ? meanSquaredErrorLoss(trainee.io.outputs) : crossEntropyLoss(null);
  const step = new GradientStep(backend, model, { loss, mixed: null, recompute: false, bucket });
  const trained = model.weights.filter(({ trainable }) => trainable);
  const numbers = await Promise.all(trained.map(({ variable }) => variable.data<'float32'>()));
  const statistics = new Float32Array(movingSize(model)).fill(0.5);
  step.give({ weights: Float32Array.from(numbers.flatMap((values) => [...values])), statistics, lossScale: 1 });
  const length = step.buckets.reduce((sum, [start, end]) => sum + end - start, 0);
  const all: Computed[] = [];
  for (const [i, batch] of batches.entries()) {
    const vector = new Float32Array(length).fill(NaN);
    const seen: number[] = [];
    const [outputs] = await step.compute(0, [batch], 0.5, i, 0.1, (index, values) => {
      seen.push(index);
      const [start, end] = step.buckets[index];
      expect(values.length).toBe(end - start);
      vector.set(values, start);
    });
    expect([...seen].sort((a, b) => a - b)).toEqual(step.buckets.map((_, index) => index));
    all.push({ vector, outputs });
  }
  const buckets = step.buckets.length;
  step.dispose();
  model.dispose();
  return { all, buckets };
}

async function done(): Promise<void> {
  backend?.dispose();
  backend = null;
}

test.each(Object.entries(TRAINEES))('%s: gradients in buckets are those of the CPU', async (_name, trainee) => {
  const batches = [0, 1, 0].map((index) => batchOf(trainee, index));
  const whole = await gradients('webgpu', trainee, batches, Infinity);
  const cut = await gradients('webgpu', trainee, batches, 1);
  expect(cut.buckets).toBeGreaterThan(whole.buckets);
  // The first pass is recorded, the others are replayed in parts: to the same bits, wherever they are cut.
  cut.all.forEach(({ vector }, i) => expect(vector).toEqual(whole.all[i].vector));
  await done();
  const reference = await gradients('cpu', trainee, batches, 40);
  reference.all.forEach(({ vector, outputs }, i) => {
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0);
    vector.forEach((value, at) =>
      expect(Math.abs(value - whole.all[i].vector[at])).toBeLessThan(1e-5 * largest + 1e-6),
    );
    outputs.forEach((value, at) => expect(whole.all[i].outputs[at]).toBeCloseTo(value, 3));
  });
  await done();
});

test('statistics move from where the step began, whoever computes the micro-batch', async () => {
  const trainee = TRAINEES['sequential, every layer, AdamW'];
  const [first, second] = [batchOf(trainee, 0), batchOf(trainee, 1)];
  const alone = await gradients('webgpu', trainee, [second], 64);
  const behind = await gradients('webgpu', trainee, [first, second], 64);
  const tail = (vector: Float32Array): Float32Array => vector.slice(-12);
  expect(tail(behind.all[1].vector)).toEqual(tail(alone.all[0].vector));
  expect(tail(behind.all[0].vector)).not.toEqual(tail(behind.all[1].vector));
});
