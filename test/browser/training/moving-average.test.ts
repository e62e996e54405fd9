import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { resolveConfig } from '../../../src/config/resolve';
import { startBackend } from '../../../src/engine/backend';
import { tf } from '../../../src/engine/tf';
import { Inference } from '../../../src/models/inference';
import { buildModel } from '../../../src/models/model';
import { loadWeights, readWeights } from '../../../src/models/weights';
import { loadCheckpoint } from '../../../src/store/checkpoints';
import { readMetrics } from '../../../src/store/metrics';
import { crossEntropyLoss } from '../../../src/training/losses';
import { ClassificationMetrics } from '../../../src/training/metrics/classification';
import { createOptimizer } from '../../../src/training/optimizers/registry';
import { runLength, StepBatches } from '../../../src/training/step-batches';
import { TrainStep } from '../../../src/training/train-step';
import { shareDevice } from '../share-device';
import { freshDatabase, sit, storeRun, syntheticData } from './fixture';

shareDevice();

const DECAY = 0.9;
const settings = {
  model: { architecture: 'mlp', hidden: [9] },
  training: {
    epochs: 4,
    batch_size: 16,
    ema: DECAY,
    gradient_clip: null,
    optimizer: { name: 'sgd', learning_rate: 0.5 },
    schedule: { name: 'constant', warmup_steps: 0 },
  },
};
const data = syntheticData();

/** Validation losses at the end of each epoch, of the weights and of their average, worked out step by step. */
async function expected(): Promise<{ plain: number[]; averaged: number[]; average: Float32Array[] }> {
  const config = resolveConfig(parseConfig(settings), settings.training.batch_size);
  const io = { input_shape: [7], outputs: 3 };
  const { classes } = data.preprocessing;
  const length = runLength(config, data.splits.train.length);
  const batches = new StepBatches(data, config, length);
  const backend = await startBackend(['cpu']);
  const [model, other] = [0, 1].map(() => buildModel(config.model, io, config.reproducibility.seed));
  const step = new TrainStep(backend, model, {
    optimizer: createOptimizer(config.training.optimizer),
    l2: 0,
    clip: null,
    loss: crossEntropyLoss(null),
    accumulates: false,
  });
  const validation = await data.batch(data.splits.validation);
  const inference = new Inference(other);
  const lossOf = async (weights: Float32Array, tensors: Parameters<typeof loadWeights>[2]): Promise<number> => {
    loadWeights(other, weights, tensors);
    const metrics = new ClassificationMetrics(classes!);
    return metrics.add(await inference.outputs(validation.inputs, validation.n), validation.targets);
  };
  const result = { plain: [] as number[], averaged: [] as number[], average: [] as Float32Array[] };
  let average = Float64Array.from((await readWeights(model)).data);
  for (let index = 0; index < length.total; index++) {
    await step.run(await batches.load(index), index + 1, index, 0.5);
    const { data: weights, tensors } = await readWeights(model);
    average = average.map((value, i) => DECAY * value + (1 - DECAY) * weights[i]);
    if ((index + 1) % length.perEpoch > 0) continue;
    result.plain.push(await lossOf(weights, tensors));
    result.averaged.push(await lossOf(Float32Array.from(average), tensors));
    result.average.push(Float32Array.from(average));
  }
  backend.dispose();
  return result;
}

test.each(['webgpu', 'cpu'] as const)('what is evaluated, kept and exported is the average: %s', async (name) => {
  const { plain, averaged, average } = await expected();
  averaged.forEach((loss, i) => expect(Math.abs(loss - plain[i])).toBeGreaterThan(1e-3));

  const database = await freshDatabase();
  const run = await storeRun(database, settings);
  const { row } = await sit(database, run.id, data, { backends: [name] });
  const [curve] = await readMetrics(database, run.id, ['val_loss']);
  expect(curve.values).toHaveLength(4);
  curve.values.forEach((loss, i) => expect(loss).toBeCloseTo(averaged[i], 5));

  const best = averaged.indexOf(Math.min(...averaged));
  expect(row.metrics?.val.loss).toBeCloseTo(averaged[best], 5);
  const { weights } = await loadCheckpoint(database, row.best_checkpoint!);
  weights.forEach((weight, i) => expect(weight).toBeCloseTo(average[best][i], 5));
});

test('a model stands for its weights and for their average in turn, and is recorded for both', async () => {
  const config = parseConfig(settings);
  const backend = await startBackend(['webgpu']);
  const model = buildModel(config.model, { input_shape: [7], outputs: 3 }, 1);
  const step = new TrainStep(backend, model, {
    optimizer: createOptimizer(config.training.optimizer),
    l2: 0,
    clip: null,
    loss: crossEntropyLoss(null),
    accumulates: false,
    ema: DECAY,
  });
  const batch = await data.batch(data.splits.train.subarray(0, 16));
  const inference = new Inference(model);
  const outputs = async (on: boolean): Promise<number[]> => {
    step.arena.useAverage(on);
    const values = await inference.outputs(batch.inputs, batch.n);
    step.arena.useAverage(false);
    return [...values];
  };
  const initial = await outputs(false);
  expect(await outputs(true)).toEqual(initial);
  await step.run([batch], 1, 0, 0.5);
  const [weights, average] = [await outputs(false), await outputs(true)];
  const moved = (a: number[]): number => a.reduce((sum, value, i) => sum + Math.abs(value - initial[i]), 0);
  expect(moved(average)).toBeGreaterThan(0);
  expect(moved(average)).toBeLessThan(0.3 * moved(weights));
  const held = tf.memory();
  for (let i = 0; i < 5; i++) expect(await outputs(i % 2 === 0)).toEqual(i % 2 === 0 ? average : weights);
  expect(tf.memory()).toEqual(held);
  inference.dispose();
  step.dispose();
  model.dispose();
  backend.dispose();
});
