import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { ACTIVATIONS } from '../../../src/config/activations';
import type { RunConfigInput } from '../../../src/config/schema';
import { startBackend } from '../../../src/engine/backend';
import { tf } from '../../../src/engine/tf';
import { exportModel } from '../../../src/export/export-model';
import { loadModel } from '../../../src/analysis/loaded-model';
import { findTrainedModel, readTrainedWeights } from '../../../src/store/trained-model';
import type { Preprocessing } from '../../../src/store/schema';
import { freshDatabase, storeRun } from '../../helpers/stored-run';

const images: Preprocessing = {
  version: 1,
  task: 'classification',
  input_shape: [9, 7, 1],
  inputs: { kind: 'images', mean: [0.1], std: [0.3] },
  target: ['label'],
  classes: ['0', '1', '2'],
  target_scale: null,
};
const table: Preprocessing = {
  version: 1,
  task: 'regression',
  input_shape: [1],
  inputs: {
    kind: 'table',
    decimal_comma: false,
    columns: [{ name: 'x', role: 'number', mean: 1, std: 2, missing_indicator: false }],
  },
  target: ['y', 'z'],
  classes: null,
  target_scale: { mean: [10, 20], std: [2, 3] },
};

beforeAll(async () => {
  await startBackend(['webgpu', 'webgl', 'cpu']);
});

type Case = [string, RunConfigInput['model'], Preprocessing];

const CASES: Case[] = [
  ['linear', { architecture: 'linear' }, images],
  ['mlp with dropout', { architecture: 'mlp', hidden: [5, 4], dropout: 0.3 }, images],
  ['cnn', { architecture: 'cnn', filters: [2, 3] }, images],
  [
    'sequential of every layer',
    {
      architecture: 'sequential',
      layers: [
        { type: 'conv2d', filters: 2 },
        { type: 'batch_normalization' },
        { type: 'activation', activation: 'swish' },
        { type: 'depthwise_conv2d' },
        { type: 'max_pooling2d' },
        { type: 'layer_normalization' },
        { type: 'average_pooling2d' },
        { type: 'dropout', rate: 0.5 },
        { type: 'flatten' },
        { type: 'dense', units: 4, activation: 'selu' },
      ],
    },
    images,
  ],
  ...ACTIVATIONS.map((activation): Case => [
    `mlp with ${activation}`,
    { architecture: 'mlp', hidden: [3], activation },
    table,
  ]),
];

describe('the exported LayersModel', () => {
  it.each(CASES)('opens with tf.loadLayersModel and predicts the same: %s', async (_name, model, preprocessing) => {
    const database = await freshDatabase();
    const run = await storeRun(database, { config: { model }, preprocessing });
    const { name, blob } = await exportModel(database, { run_id: run.id }, 'tfjs', async () => undefined);
    expect(name).toBe('digits-tfjs.zip');
    const files = unzipSync(new Uint8Array(await blob.arrayBuffer()));
    expect(Object.keys(files)).toEqual(['model.json', 'weights.bin']);

    const loaded = await tf.loadLayersModel(
      tf.io.browserFiles([
        new File([files['model.json'].slice()], 'model.json'),
        new File([files['weights.bin'].slice()], 'weights.bin'),
      ]),
    );
    const n = 3;
    const size = preprocessing.input_shape.reduce((product, side) => product * side, 1);
    const inputs = Float32Array.from({ length: n * size }, (_, i) => Math.sin(i * 1.7));
    const output = loaded.predict(tf.tensor(inputs, [n, ...preprocessing.input_shape]));
    if (!(output instanceof tf.Tensor)) throw new Error('several outputs');
    const found = await output.data<'float32'>();

    const trained = await findTrainedModel(database, { run_id: run.id });
    const own = loadModel(trained, await readTrainedWeights(database, trained));
    const expected = await own.outputs(inputs, n);
    const classes = preprocessing.classes?.length;
    const reference = classes ? softmax(expected, classes) : Array.from(expected);
    expect(found.length).toBe(reference.length);
    reference.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
    if (classes) expect(new Set(Array.from(found, (p) => p.toFixed(6))).size).toBeGreaterThan(1);
    database.close();
  });

  it('opens from HTTP and from IndexedDB as well', async () => {
    const database = await freshDatabase();
    const run = await storeRun(database, { config: { model: { architecture: 'linear' } }, preprocessing: images });
    const { blob } = await exportModel(database, { run_id: run.id }, 'tfjs', async () => undefined);
    const files = unzipSync(new Uint8Array(await blob.arrayBuffer()));
    const asked: string[] = [];
    const http = await tf.loadLayersModel(
      tf.io.http('https://models.example/digits/model.json', {
        fetchFunc: async (url: unknown) => {
          asked.push(String(url));
          const file = files[String(url).split('/').at(-1) ?? ''];
          const type = String(url).endsWith('.json') ? 'application/json' : 'application/octet-stream';
          return new Response(file.slice(), { headers: { 'content-type': type } });
        },
      }),
    );
    expect(asked).toEqual(['https://models.example/digits/model.json', 'https://models.example/digits/weights.bin']);
    await http.save('indexeddb://lathe-export-test');
    const again = await tf.loadLayersModel('indexeddb://lathe-export-test');
    await tf.io.removeModel('indexeddb://lathe-export-test');
    const input = tf.fill([1, 9, 7, 1], 0.5);
    const [first, second] = [http.predict(input), again.predict(input)];
    if (!(first instanceof tf.Tensor) || !(second instanceof tf.Tensor)) throw new Error('several outputs');
    expect(await second.data()).toEqual(await first.data());
    database.close();
  });
});

function softmax(logits: Float32Array, classes: number): number[] {
  const out: number[] = [];
  for (let at = 0; at < logits.length; at += classes) {
    const exps = Array.from(logits.subarray(at, at + classes), (logit) => Math.exp(logit));
    const sum = exps.reduce((total, value) => total + value, 0);
    out.push(...exps.map((value) => value / sum));
  }
  return out;
}
