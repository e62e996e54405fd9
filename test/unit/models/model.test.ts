import { beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { PassCounter } from '../../../src/engine/pass-counter';
import { tf } from '../../../src/engine/tf';
import { Inference } from '../../../src/models/inference';
import { buildLayersModel } from '../../../src/models/layers-model';
import { buildModel, type Model } from '../../../src/models/model';
import { planModel } from '../../../src/models/plan';
import { loadWeights, readWeights, tensorData, weightsSha256 } from '../../../src/models/weights';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const io = { input_shape: [6, 6, 1], outputs: 3 };
const settings = parseConfig({
  model: {
    architecture: 'sequential',
    layers: [
      { type: 'conv2d', filters: 4, activation: 'relu' },
      { type: 'batch_normalization', momentum: 0.5 },
      { type: 'dropout', rate: 0.4 },
      { type: 'dense', units: 5, activation: 'gelu' },
    ],
  },
}).model;
const inputs = (n: number): Float32Array => Float32Array.from({ length: n * 36 }, (_, i) => Math.sin(i));

/** Outputs in training, which batch normalisation takes notice of. */
function train(model: Model, n: number, pass: number): Float32Array {
  const counter = new PassCounter();
  counter.set(pass);
  return tf.tidy(() =>
    model.forward(tf.tensor(inputs(n), [n, 6, 6, 1]), { training: true, counter }).tensor.dataSync<'float32'>(),
  );
}
const predict = (model: Model, n: number): Promise<Float32Array> => new Inference(model).outputs(inputs(n), n);

test('initial weights are a function of the seed and the layer', async () => {
  const [a, b, c] = await Promise.all([1, 1, 2].map((seed) => readWeights(buildModel(settings, io, seed))));
  expect(a.data).toEqual(b.data);
  expect(a.data).not.toEqual(c.data);
  expect(await weightsSha256(a.data)).toBe(await weightsSha256(b.data));
  const [kernel] = a.tensors;
  expect(kernel).toEqual({ name: 'conv2d_1/kernel', shape: [3, 3, 1, 4], offset: 0, length: 144 });
  // He et al.: uniform within √(6 / fan in).
  const limit = Math.sqrt(6 / 9);
  const values = tensorData(a.data, kernel);
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(limit);
  expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(limit / 2);
});

test('weights, statistics of batch normalisation included, move from model to model', async () => {
  const first = buildModel(settings, io, 1);
  train(first, 4, 0);
  const packed = await readWeights(first);
  const mean = packed.tensors.find(({ name }) => name === 'batch_normalization_1/moving_mean')!;
  expect(tensorData(packed.data, mean).some((value) => value !== 0)).toBe(true);
  const second = buildModel(settings, io, 2);
  loadWeights(second, packed.data, packed.tensors);
  expect(await predict(second, 2)).toEqual(await predict(first, 2));
  expect((await readWeights(second)).data).toEqual(packed.data);
});

test('weights that do not fit are refused by name', async () => {
  const packed = await readWeights(buildModel(settings, io, 1));
  const other = buildModel(settings, { ...io, outputs: 4 }, 1);
  expect(() => loadWeights(other, packed.data, packed.tensors)).toThrow('output/kernel [5, 4] is stored as [5, 3]');
  expect(() => loadWeights(other, packed.data, [])).toThrow('conv2d_1/kernel [3, 3, 1, 4] is missing');
});

test('a dropout mask is a function of seed, layer and pass', async () => {
  const model = buildModel(settings, io, 1);
  const first = train(model, 3, 7);
  expect(train(model, 3, 8)).not.toEqual(first);
  expect(train(model, 3, 7)).toEqual(first);
  expect(await predict(model, 3)).toEqual(await predict(model, 3));
});

test('what is exported is made of stock layers and gives probabilities', async () => {
  const trained = buildModel(settings, io, 1);
  train(trained, 4, 0);
  const model = buildLayersModel(settings, io, 'classification', await readWeights(trained));
  let artifacts: tf.io.ModelArtifacts | null = null;
  await model.save(
    tf.io.withSaveHandler((saved) => {
      artifacts = saved;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    }),
  );
  expect(artifacts).not.toBeNull();
  const topology = JSON.stringify(artifacts!.modelTopology);
  const classes = [...topology.matchAll(/"class_name":"(\w+)"/g)].map((match) => match[1]);
  expect(classes).toContain('Dropout');
  const plain = await tf.loadLayersModel(tf.io.fromMemory(artifacts!));
  const expected = tf.softmax(tf.tensor2d(await predict(trained, 2), [2, 3])).dataSync();
  const given = plain.predict(tf.tensor(inputs(2), [2, 6, 6, 1])) as tf.Tensor;
  given.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
});

test('architectures that stock layers cannot make up are refused with a way out', async () => {
  const transformer = parseConfig({ model: { architecture: 'transformer' } }).model;
  const tokens = { input_shape: [8], outputs: 11, tokens: { vocabulary: 11 } };
  const weights = await readWeights(buildModel(transformer, tokens, 1));
  expect(() => buildLayersModel(transformer, tokens, 'regression', weights)).toThrow(/safetensors/);
});

test.each([
  [{ architecture: 'transformer' }, io, /model\.architecture: transformer reads tokens/],
  [
    { architecture: 'transformer', width: 10, heads: 3 },
    { ...io, tokens: { vocabulary: 3 } },
    /model\.heads: a width of 10/,
  ],
  [
    { architecture: 'transformer', context: 8 },
    { input_shape: [9], outputs: 3, tokens: { vocabulary: 3 } },
    /model\.context: 8 tokens are seen at once, but 9 arrive/,
  ],
  [{ architecture: 'convnext', patch_size: 4 }, io, /model\.patch_size: patches of 4×4/],
  [{ architecture: 'convnext', depths: [1, 2] }, io, /model\.depths has 2 stages and model\.widths 4/],
  [{ architecture: 'convnext' }, { input_shape: [7], outputs: 2 }, /needs images/],
])('%j does not fit its data, and says what to change', (model, shape, message) => {
  expect(() => planModel(parseConfig({ model }).model, shape)).toThrow(message);
});

test('the sizes of convnext have the parameters of the paper, but for the head', () => {
  const count = (size: string): number =>
    planModel(parseConfig({ model: { architecture: 'convnext', size } }).model, {
      input_shape: [64, 64, 3],
      outputs: 1000,
    })
      .flatMap(({ weights }) => weights)
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // Liu et al. 2022, table 1: 28.6 M, 50.2 M, 88.6 M, 197.8 M.
  expect(count('tiny') / 1e6).toBeCloseTo(28.6, 1);
  expect(count('small') / 1e6).toBeCloseTo(50.2, 1);
  expect(count('base') / 1e6).toBeCloseTo(88.6, 1);
  expect(count('large') / 1e6).toBeCloseTo(197.8, 1);
});

test('building and disposing leaves no tensors', () => {
  const before = tf.memory().numTensors;
  buildModel(settings, io, 1).dispose();
  expect(tf.memory().numTensors).toBe(before);
});
