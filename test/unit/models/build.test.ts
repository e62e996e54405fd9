import { beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { tf } from '../../../src/engine/tf';
import { buildModel } from '../../../src/models/build';
import { setDropoutCounter } from '../../../src/models/dropout-layer';
import { buildExportModel, createPredictor, forward } from '../../../src/models/predictor';
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
const batch = (n: number): tf.Tensor => tf.tensor(inputs(n), [n, 6, 6, 1]);

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
  forward(first, batch(4), true).dispose();
  const packed = await readWeights(first);
  const mean = packed.tensors.find(({ name }) => name === 'batch_normalization_1/moving_mean')!;
  expect(tensorData(packed.data, mean).some((value) => value !== 0)).toBe(true);
  const second = buildModel(settings, io, 2);
  loadWeights(second, packed.data, packed.tensors);
  expect(forward(second, batch(2)).dataSync()).toEqual(forward(first, batch(2)).dataSync());
  expect((await readWeights(second)).data).toEqual(packed.data);
});

test('weights that do not fit are refused by name', async () => {
  const packed = await readWeights(buildModel(settings, io, 1));
  const other = buildModel(settings, { ...io, outputs: 4 }, 1);
  expect(() => loadWeights(other, packed.data, packed.tensors)).toThrow('output/kernel [5, 4] is stored as [5, 3]');
  expect(() => loadWeights(other, packed.data, [])).toThrow('conv2d_1/kernel [3, 3, 1, 4] is missing');
});

test('a dropout mask is a function of seed, layer and counter', () => {
  const model = buildModel(settings, io, 1);
  const run = (counter: number): Float32Array => {
    setDropoutCounter(model, counter);
    const output = forward(model, batch(3), true);
    return output.dataSync<'float32'>();
  };
  const first = run(7);
  expect(run(8)).not.toEqual(first);
  expect(run(7)).toEqual(first);
  expect(forward(model, batch(3)).dataSync()).toEqual(forward(model, batch(3)).dataSync());
});

test('what is exported is made of stock layers and gives probabilities', async () => {
  const trained = buildModel(settings, io, 1);
  const weights = await readWeights(trained);
  const model = buildExportModel(settings, io, 'classification', weights);
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
  const expected = tf.softmax(forward(trained, batch(2))).dataSync();
  const given = plain.predict(batch(2)) as tf.Tensor;
  given.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));

  const predictor = createPredictor(settings, io, 'classification', weights);
  expect(await predictor.predict(inputs(2), 2)).toEqual(given.dataSync());
  predictor.dispose();
  const raw = createPredictor(settings, io, 'regression', weights);
  expect(await raw.predict(inputs(2), 2)).toEqual(forward(trained, batch(2)).dataSync());
});

test('building and disposing leaves no tensors', () => {
  const before = tf.memory().numTensors;
  buildModel(settings, io, 1).dispose();
  expect(tf.memory().numTensors).toBe(before);
});
