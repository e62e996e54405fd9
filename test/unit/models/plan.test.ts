import { beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import type { ModelConfig } from '../../../src/config/architectures/registry';
import { tf } from '../../../src/engine/tf';
import { buildLayersModel } from '../../../src/models/layers-model';
import { buildModel } from '../../../src/models/model';
import { planModel, sizeOf } from '../../../src/models/plan';
import { summarizeModel } from '../../../src/models/summary';
import { readWeights } from '../../../src/models/weights';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const model = (settings: object): ModelConfig => parseConfig({ model: settings }).model;
const images = { input_shape: [11, 9, 3], outputs: 4 };
const rows = { input_shape: [6], outputs: 2 };

const everything = {
  architecture: 'sequential',
  layers: [
    { type: 'conv2d', filters: 5, strides: 2, padding: 'valid', use_bias: false },
    { type: 'batch_normalization' },
    { type: 'activation', activation: 'relu' },
    { type: 'depthwise_conv2d', kernel_size: 2 },
    { type: 'layer_normalization' },
    { type: 'max_pooling2d' },
    { type: 'average_pooling2d', pool_size: 1 },
    { type: 'dropout', rate: 0.5 },
    { type: 'dense', units: 7, activation: 'selu' },
  ],
};

describe.each([
  ['linear on rows', { architecture: 'linear' }, rows],
  ['linear on images', { architecture: 'linear' }, images],
  ['mlp', { architecture: 'mlp', hidden: [5, 3], dropout: 0.1 }, rows],
  ['mlp without hidden layers', { architecture: 'mlp', hidden: [] }, images],
  ['cnn', { architecture: 'cnn', filters: [4, 6], dropout: 0.2 }, images],
  ['mlp of one width', { architecture: 'mlp', hidden: { width: 5, depth: 3 } }, rows],
  ['cnn by its first width', { architecture: 'cnn', filters: { width: 3, depth: 3 } }, images],
  ['cnn with a global average', { architecture: 'cnn', filters: [4], head: 'global_average' }, images],
  ['sequential', everything, images],
  ['global average in a row', { architecture: 'sequential', layers: [{ type: 'global_average_pooling2d' }] }, images],
])('%s', (_name, settings, io) => {
  test('the plan says what trains, and what tfjs builds: names, shapes, weights', async () => {
    const plan = planModel(model(settings), io);
    const trained = buildModel(model(settings), io, 1);
    const built = buildLayersModel(model(settings), io, 'regression', await readWeights(trained));
    const layers = built.layers.slice(1);
    expect(layers.map((layer) => layer.name)).toEqual(plan.map((layer) => layer.name));
    expect(layers.map((layer) => layer.outputShape.slice(1))).toEqual(plan.map((layer) => layer.output_shape));
    const planned = plan.flatMap((layer) =>
      layer.weights.map((weight) => ({ ...weight, name: `${layer.name}/${weight.name}` })),
    );
    expect(trained.weights.map(({ name, shape, trainable }) => ({ name, shape, trainable }))).toEqual(planned);

    const summary = summarizeModel(model(settings), io, 8, parseConfig({}).training.optimizer);
    expect(summary.parameters).toBe(built.countParams());
    expect(summary.layers.map(({ parameters }) => parameters)).toEqual(layers.map((layer) => layer.countParams()));
    const trainable = planned
      .filter((weight) => weight.trainable)
      .reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
    expect(summary.trainable_parameters).toBe(trainable);
    expect(summary.layers.at(-1)).toMatchObject({ name: 'output', output_shape: [io.outputs] });
    built.dispose();
    trained.dispose();
  });
});

test.each([
  [{ architecture: 'cnn' }, rows, 'model.filters.0: conv2d needs images, but 6 plain values arrive there.'],
  [
    { architecture: 'cnn', filters: [2, 2, 2, 2] },
    images,
    'model.filters.3: max_pooling2d takes windows of 2×2, but only 1×1 pixels are left of the image there.',
  ],
  [
    { architecture: 'sequential', layers: [{ type: 'flatten' }, { type: 'max_pooling2d' }] },
    images,
    'model.layers.1: max_pooling2d needs images, but 297 plain values arrive there.',
  ],
  [
    { architecture: 'sequential', layers: [{ type: 'conv2d', filters: 2, kernel_size: 10, padding: 'valid' }] },
    images,
    'model.layers.0: conv2d with padding valid takes windows of 10×10, but only 11×9 pixels are left of the image there.',
  ],
  [
    { architecture: 'sequential', layers: [{ type: 'group_normalization', groups: 2 }] },
    images,
    'model.layers.0: group_normalization cannot cut 3 channels into 2 groups of one size. Set groups to a divisor of 3.',
  ],
])('a layer that does not fit is named: %j', (settings, io, message) => {
  expect(() => planModel(model(settings), io)).toThrow(message);
});

test('the memory estimate grows with batch and optimizer', () => {
  const bytes = (batch: number, optimizer: object): number =>
    summarizeModel(
      model({ architecture: 'mlp' }),
      rows,
      batch,
      parseConfig({ training: { optimizer } }).training.optimizer,
    ).training_bytes;
  expect(bytes(64, { name: 'adam' })).toBeGreaterThan(bytes(32, { name: 'adam' }));
  expect(bytes(32, { name: 'adam' })).toBeGreaterThan(bytes(32, { name: 'sgd', momentum: 0.9 }));
  expect(bytes(32, { name: 'sgd', momentum: 0.9 })).toBeGreaterThan(bytes(32, { name: 'sgd' }));
});

test('a width and a depth plan the layers of the list that they stand for', () => {
  const stacked = { architecture: 'cnn', filters: { width: 3, depth: 3 } };
  const listed = { architecture: 'cnn', filters: [3, 6, 12] };
  expect(planModel(model(stacked), images).map(({ weights }) => weights)).toEqual(
    planModel(model(listed), images).map(({ weights }) => weights),
  );
  const rowsOf = (hidden: unknown) => planModel(model({ hidden }), rows).map(({ weights }) => weights);
  expect(rowsOf({ width: 5, depth: 2 })).toEqual(rowsOf([5, 5]));
  expect(() => planModel(model({ ...stacked, filters: { width: 3, depth: 9 } }), images)).toThrow('model.filters: ');
});
