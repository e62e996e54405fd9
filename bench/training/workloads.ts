/** What is trained: models, batch sizes and data, the same for every engine. */
import type { ModelConfig } from '../../src/config/architectures/registry';
import { parseConfig } from '../../src/config/parse';
import { randomStream } from '../../src/base/random';
import { initialValues } from '../../src/models/layers/initial';
import { planModel, sizeOf, type ModelIo, type PlannedLayer } from '../../src/models/plan';

/** A product of two square matrices: what every step is made of, at the size where a device shows what it can. */
export interface ProductWorkload {
  kind: 'product';
  name: string;
  side: number;
  /** One product a step. */
  batch: 1;
  large: boolean;
}

/** A whole training step with Adam. */
export interface TrainingWorkload {
  kind: 'training';
  name: string;
  model: ModelConfig;
  io: ModelIo;
  batch: number;
  /** Worth running on a GPU only. */
  large: boolean;
}

/** One benchmark. */
export type Workload = TrainingWorkload | ProductWorkload;

/** Adam's settings, PyTorch's defaults. */
export const ADAM = { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

const model = (settings: object): ModelConfig => parseConfig({ model: settings }).model;

const workload = (name: string, settings: object, io: ModelIo, batch: number, large = false): TrainingWorkload => ({
  kind: 'training',
  name,
  model: model(settings),
  io,
  batch,
  large,
});

const digits: ModelIo = { input_shape: [784], outputs: 10 };
const text = (context: number): ModelIo => ({ input_shape: [context], outputs: 65, tokens: { vocabulary: 65 } });
const decoder = (layers: number, width: number, heads: number, context: number): object => ({
  architecture: 'transformer',
  layers,
  width,
  heads,
  context,
});

/** Every workload, in the order of the table. */
export const WORKLOADS: Workload[] = [
  workload('mlp-8', { architecture: 'mlp', hidden: [256, 128] }, digits, 8),
  workload('mlp-256', { architecture: 'mlp', hidden: [256, 128] }, digits, 256),
  workload('cnn-64', { architecture: 'cnn', filters: [16, 32] }, { input_shape: [28, 28, 1], outputs: 10 }, 64),
  workload(
    'convnext-8',
    { architecture: 'convnext', depths: [1, 1, 2, 1], widths: [16, 32, 64, 128], patch_size: 4, layer_scale: 0.1 },
    { input_shape: [128, 32, 3], outputs: 10 },
    8,
  ),
  workload('transformer-8', decoder(2, 64, 4, 64), text(64), 8),
  workload('transformer-0.8m', decoder(4, 128, 4, 128), text(128), 8, true),
  workload('transformer-9.6m', decoder(6, 360, 6, 256), text(256), 8, true),
  workload(
    'convnext-tiny',
    { architecture: 'convnext', size: 'tiny' },
    { input_shape: [128, 128, 3], outputs: 10 },
    8,
    true,
  ),
  { kind: 'product', name: 'matmul-4096', side: 4096, batch: 1, large: true },
];

/** A model's layers with the numbers that their weights start from. */
export function initialModel({ model, io }: TrainingWorkload): {
  plan: PlannedLayer[];
  weights: Map<string, Float32Array>;
} {
  const plan = planModel(model, io);
  const weights = new Map<string, Float32Array>();
  for (const layer of plan) {
    for (const weight of layer.weights) weights.set(`${layer.name}/${weight.name}`, initialValues(layer, weight, 1));
  }
  return { plan, weights };
}

/** One batch: inputs `[batch, ...input_shape]` (tokens as whole numbers), targets `[rows]` class indices. */
export interface BenchBatch {
  inputs: Float32Array;
  targets: Int32Array;
}

/** Batch number `index` of a workload. */
export function batchOf({ io, batch, name }: TrainingWorkload, index: number): BenchBatch {
  const random = randomStream(2, 'bench', name, index);
  const { tokens } = io;
  const inputs = Float32Array.from({ length: batch * sizeOf(io.input_shape) }, () =>
    tokens ? random.integer(tokens.vocabulary) : random.normal(),
  );
  const rows = tokens ? inputs.length : batch;
  return { inputs, targets: Int32Array.from({ length: rows }, () => random.integer(io.outputs)) };
}

/** The two factors, `[side, side]`, of numbers from 0 to 1: sums of their products lose no digits. */
export function factorsOf({ side, name }: ProductWorkload): [Float32Array, Float32Array] {
  const factor = (which: string): Float32Array => {
    const random = randomStream(2, 'bench', name, which);
    return Float32Array.from({ length: side * side }, () => random.uniform());
  };
  return [factor('a'), factor('b')];
}
