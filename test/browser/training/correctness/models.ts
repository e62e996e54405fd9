/** Every architecture at a size that a CPU can follow, each with an optimizer of its own, and how such a model is trained. */
import { randomStream } from '../../../../src/base/random';
import type { ModelConfig } from '../../../../src/config/architectures/registry';
import type { OptimizerConfig } from '../../../../src/config/optimizers';
import { parseConfig } from '../../../../src/config/parse';
import type { Batch } from '../../../../src/data/contract';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { buildModel, type Model } from '../../../../src/models/model';
import { sizeOf, type ModelIo } from '../../../../src/models/plan';
import { readWeights } from '../../../../src/models/weights';
import { crossEntropyLoss, meanSquaredErrorLoss } from '../../../../src/training/losses';
import { createOptimizer } from '../../../../src/training/optimizers/registry';
import { TrainStep, type TrainStepOptions } from '../../../../src/training/train-step';

/** A model with the data and the optimizer that it is trained with. */
export interface Trainee {
  model: ModelConfig;
  io: ModelIo;
  optimizer: OptimizerConfig;
  /** Examples of a batch. */
  batch: number;
  /** Targets are numbers, not classes. */
  regression?: boolean;
}

const trainee = (
  model: object,
  optimizer: object,
  io: ModelIo,
  batch: number,
  more: Pick<Trainee, 'regression'> = {},
): Trainee => {
  const config = parseConfig({ model, training: { optimizer } });
  return { model: config.model, optimizer: config.training.optimizer, io, batch, ...more };
};

const image = (height: number, width: number, channels: number, outputs: number): ModelIo => ({
  input_shape: [height, width, channels],
  outputs,
});

/** A decoder over sequences of 9 tokens. */
export const decoder = (settings: object): Trainee =>
  trainee(
    { architecture: 'transformer', layers: 2, width: 12, heads: 3, context: 9, ...settings },
    { name: 'adamw', learning_rate: 0.01, weight_decay: 0.01 },
    { input_shape: [9], outputs: 11, tokens: { vocabulary: 11 } },
    5,
  );

/** A small ConvNeXt on images of 12×8. */
export const convnext = (settings: object): Trainee =>
  trainee(
    { architecture: 'convnext', depths: [1, 1], widths: [6, 10], patch_size: 2, layer_scale: 0.5, ...settings },
    { name: 'lion', learning_rate: 1e-3, weight_decay: 0.01 },
    image(12, 8, 3, 4),
    6,
  );

/** Dense layers with dropout, over `features` numbers. */
export const mlp = (settings: object, features = 13): Trainee =>
  trainee(
    { architecture: 'mlp', hidden: [17, 9], ...settings },
    { name: 'adam', learning_rate: 5e-3 },
    { input_shape: [features], outputs: 5 },
    11,
  );

/** One of every architecture; names say what else is special about it. */
export const TRAINEES: Record<string, Trainee> = {
  'linear, regression, SGD': trainee(
    { architecture: 'linear' },
    { name: 'sgd', learning_rate: 0.05 },
    { input_shape: [7], outputs: 3 },
    9,
    { regression: true },
  ),
  'mlp, dropout, Adam': mlp({ dropout: 0.3, activation: 'gelu' }),
  'cnn, Nesterov momentum': trainee(
    { architecture: 'cnn', filters: [5, 7] },
    { name: 'sgd', learning_rate: 0.02, momentum: 0.9, nesterov: true, weight_decay: 0.01 },
    image(11, 9, 2, 4),
    7,
  ),
  'sequential, every layer, AdamW': trainee(
    {
      architecture: 'sequential',
      layers: [
        { type: 'conv2d', filters: 6, strides: 2, use_bias: false },
        { type: 'batch_normalization', momentum: 0.9 },
        { type: 'activation', activation: 'swish' },
        { type: 'depthwise_conv2d', activation: 'elu' },
        { type: 'average_pooling2d' },
        { type: 'layer_normalization' },
        { type: 'conv2d', filters: 5, kernel_size: 2, padding: 'valid', activation: 'selu' },
        { type: 'dropout', rate: 0.2 },
        { type: 'global_average_pooling2d' },
        { type: 'dense', units: 8, activation: 'tanh' },
      ],
    },
    { name: 'adamw', learning_rate: 0.01, weight_decay: 0.01 },
    image(13, 10, 2, 4),
    8,
  ),
  'convnext, Lion': convnext({}),
  'transformer, dropout, AdamW': decoder({ dropout: 0.1 }),
};

/** Batches of which a training sees one after another, over and over. */
const BATCHES = 4;

/** Batch number `index`: the same examples every `BATCHES` steps, so that there is something to learn. */
export function batchOf({ io, batch, regression = false }: Trainee, index: number, size = batch): Batch {
  const random = randomStream(3, 'batch', index % BATCHES);
  const inputs = Float32Array.from({ length: batch * sizeOf(io.input_shape) }, () =>
    io.tokens ? random.integer(io.tokens.vocabulary) : random.normal(),
  ).subarray(0, size * sizeOf(io.input_shape));
  const rows = io.tokens ? inputs.length : size;
  const targets = regression
    ? Float32Array.from({ length: rows * io.outputs }, () => random.normal())
    : Int32Array.from({ length: rows }, () => random.integer(io.outputs));
  return { n: size, inputs, targets };
}

/** How a training differs from one batch a step, in float32, recorded. */
export interface Variation {
  /** A name starts a backend for this training alone; two on a started one share their compiled kernels. */
  backend?: 'webgpu' | 'cpu' | Backend;
  steps?: number;
  options?: Partial<TrainStepOptions>;
  /** Batches of a step. */
  accumulation?: number;
  /** Size of the last batch of the step with this index. */
  lastSize?: (step: number) => number;
}

/** What a training left. */
export interface Trained {
  /** Of each step, before its update. */
  losses: number[];
  gradientNorms: number[];
  lossScales: number[];
  weights: Float32Array;
  /** Why steps were not recorded; null: they were. */
  eager: string | null;
}

/** A started backend with a model and its step on it. */
export interface Trainer {
  backend: Backend;
  model: Model;
  step: TrainStep;
  dispose: () => void;
}

/** Sets up the training of `trainee`. */
export async function setUp(
  { model: settings, io, optimizer, regression = false }: Trainee,
  { backend: name = 'webgpu', options = {}, accumulation = 1 }: Variation = {},
): Promise<Trainer> {
  const backend = typeof name === 'string' ? await startBackend([name]) : name;
  const model = buildModel(settings, io, 7);
  const step = new TrainStep(backend, model, {
    optimizer: createOptimizer(optimizer),
    l2: 0,
    clip: null,
    loss: regression ? meanSquaredErrorLoss(io.outputs) : crossEntropyLoss(null),
    accumulates: accumulation > 1,
    ...options,
  });
  return {
    backend,
    model,
    step,
    dispose: () => {
      step.dispose();
      model.dispose();
      if (typeof name === 'string') backend.dispose();
    },
  };
}

/** Trains `trainee` from its initial weights. */
export async function train(trainee: Trainee, variation: Variation = {}): Promise<Trained> {
  const { steps = 50, accumulation = 1, lastSize } = variation;
  let eager: string | null = null;
  const options = { ...variation.options, onEager: (reason: string) => (eager = reason) };
  const trainer = await setUp(trainee, { ...variation, options });
  const trained: Trained = { losses: [], gradientNorms: [], lossScales: [], weights: new Float32Array(), eager };
  try {
    for (let index = 0; index < steps; index++) {
      const batches = Array.from({ length: accumulation }, (_, i) =>
        batchOf(trainee, index * accumulation + i, i === accumulation - 1 ? lastSize?.(index) : undefined),
      );
      const rate = trainee.optimizer.learning_rate;
      const result = await trainer.step.run(batches, index + 1, index * accumulation, rate);
      const examples = batches.reduce((sum, { n }) => sum + n, 0);
      trained.losses.push(
        batches.reduce((sum, batch, i) => sum + (batch.n / examples) * lossOf(trainee, result.outputs[i], batch), 0),
      );
      trained.gradientNorms.push(result.gradientNorm);
      trained.lossScales.push(result.lossScale);
    }
    return { ...trained, weights: (await readWeights(trainer.model)).data, eager };
  } finally {
    trainer.dispose();
  }
}

/** Runs `use` with WebGPU started. */
export async function onWebGPU(use: (backend: Backend) => Promise<void>): Promise<void> {
  const backend = await startBackend(['webgpu']);
  try {
    await use(backend);
  } finally {
    backend.dispose();
  }
}

/** Mean loss of a batch in double precision. */
export function lossOf({ io, regression }: Trainee, outputs: Float32Array, { targets }: Batch): number {
  if (regression) return outputs.reduce((sum, value, i) => sum + (value - targets[i]) ** 2, 0) / outputs.length;
  let sum = 0;
  targets.forEach((target, row) => {
    const logits = outputs.subarray(row * io.outputs, (row + 1) * io.outputs);
    const most = Math.max(...logits);
    sum += most + Math.log(logits.reduce((total, logit) => total + Math.exp(logit - most), 0)) - logits[target];
  });
  return sum / targets.length;
}

/** The largest difference of two curves, each relative to the magnitude of the second where that exceeds 1. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers against ${b.length}.`);
  return Array.from(a).reduce((most, value, i) => {
    if (Object.is(value, b[i])) return most;
    const difference = Math.abs(value - b[i]) / Math.max(1, Math.abs(b[i]));
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
}
