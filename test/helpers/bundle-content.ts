/** A small finished run, as the bundle writer gets it: two inputs, a hidden layer of two, three classes. */
import { sha256 } from '../../src/base/hash';
import { parseConfig } from '../../src/config/parse';
import type { BundleContent } from '../../src/export/bundle/content';
import type { MetricSeries } from '../../src/store/metrics';

/** A curve through the given points. */
export function curve(metric: string, points: [step: number, value: number][]): MetricSeries {
  return {
    metric,
    steps: Float64Array.from(points, ([step]) => step),
    values: Float64Array.from(points, ([, value]) => value),
    times: Float64Array.from(points, (_, i) => 1_700_000_000_000 + i * 1000),
  };
}

/** The run's content, with any part replaced. */
export async function bundleContent(change: Partial<BundleContent> = {}): Promise<BundleContent> {
  const weights = new Uint8Array(Float32Array.from({ length: 15 }, (_, i) => Math.sin(i + 1)).buffer);
  return {
    name: 'spirals <1>',
    run: {
      id: 'k3v9x0ab',
      created: 1_700_000_000_000,
      status: 'finished',
      reason: null,
      seconds: 3725,
      backend: { backend: 'webgpu', adapter: 'google swiftshader', software: true, reason: 'No GPU was found.' },
    },
    checkpoint: { step: 120, epoch: 3 },
    dataset: {
      name: 'spirals | [x](y)',
      hash: 'ab'.repeat(32),
      counts: {
        examples: 1200,
        test_examples: 0,
        classes: [
          { name: 'a', examples: 400 },
          { name: '<b>', examples: 500 },
          { name: 'c', examples: 300 },
        ],
      },
    },
    config: parseConfig({ name: 'spirals <1>', model: { architecture: 'mlp', hidden: [2] } }),
    preprocessing: {
      version: 1,
      task: 'classification',
      input_shape: [2],
      inputs: {
        kind: 'table',
        decimal_comma: false,
        columns: [
          { name: 'x', role: 'number', mean: 0.25, std: 2, missing_indicator: false },
          { name: 'y', role: 'number', mean: -1, std: 0.5, missing_indicator: false },
        ],
      },
      target: ['label'],
      classes: ['a', '<b>', 'c'],
      target_scale: null,
    },
    summary: {
      architecture: 'mlp',
      input_shape: [2],
      outputs: 3,
      layers: [
        { name: 'dense_1', type: 'Dense', output_shape: [2], parameters: 6 },
        { name: 'output', type: 'Dense', output_shape: [3], parameters: 9 },
      ],
      parameters: 15,
      trainable_parameters: 15,
      training_bytes: 4096,
    },
    metrics: {
      train: { loss: 0.123456, accuracy: 0.97 },
      val: { loss: 0.2, accuracy: 0.95, f1: 0.9444444 },
      test: { loss: 0.21, accuracy: 0.9625, f1: Number.NaN },
    },
    confusion: {
      val: null,
      test: {
        labels: ['a', '<b>', 'c'],
        matrix: [
          [40, 1, 0],
          [0, 48, 1],
          [1, 0, 29],
        ],
      },
    },
    series: [
      curve('val_loss', [
        [40, 0.8],
        [80, 0.4],
        [120, 0.2],
      ]),
      curve(
        'train_loss',
        Array.from({ length: 120 }, (_, i) => [i + 1, 1 / (i + 1) + 0.1]),
      ),
      curve('val_accuracy', [
        [40, 0.5],
        [80, 0.8],
        [120, 0.95],
      ]),
    ],
    weights,
    tensors: [
      { name: 'dense_1/kernel', shape: [2, 2], offset: 0, length: 16 },
      { name: 'dense_1/bias', shape: [2], offset: 16, length: 8 },
      { name: 'output/kernel', shape: [2, 3], offset: 24, length: 24 },
      { name: 'output/bias', shape: [3], offset: 48, length: 12 },
    ],
    weights_sha256: await sha256(weights),
    tensorboard: [],
    tfjs_model: new TextEncoder().encode('{}'),
    ...change,
  };
}
