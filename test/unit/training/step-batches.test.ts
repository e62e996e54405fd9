import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { resolveConfig } from '../../../src/config/resolve';
import type { PreparedData } from '../../../src/data/contract';
import { runLength, StepBatches } from '../../../src/training/step-batches';

const train = Uint32Array.from({ length: 23 }, (_, i) => i * 2);
const data: PreparedData = {
  examples: 46,
  batch: (indices) => ({
    n: indices.length,
    inputs: Float32Array.from(indices),
    targets: new Int32Array(indices.length),
  }),
  preprocessing: {
    version: 1,
    task: 'classification',
    input_shape: [1],
    inputs: { kind: 'images', mean: [0], std: [1] },
    target: ['label'],
    classes: ['a'],
    target_scale: null,
  },
  splits: { train, validation: new Uint32Array(), test: new Uint32Array() },
  class_counts: null,
  notices: [],
};

test('an epoch deals every example once, the last update being shorter', async () => {
  const config = resolveConfig(parseConfig({ training: { gradient_accumulation: 2, epochs: 3 } }), 5);
  const length = runLength(config, train.length);
  expect(length).toEqual({ perEpoch: 3, total: 9 });
  const batches = new StepBatches(data, config, length);
  const epoch = await Promise.all([3, 4, 5].map((index) => batches.load(index)));
  expect(epoch.map((step) => step.map(({ n }) => n))).toEqual([[5, 5], [5, 5], [3]]);
  const seen = epoch.flat().flatMap(({ inputs }) => [...inputs]);
  expect(seen.sort((a, b) => a - b)).toEqual([...train]);
});

test('the batches of an update do not depend on what came before', async () => {
  const config = resolveConfig(parseConfig({}), 4);
  const length = runLength(config, train.length);
  const [a, b] = [new StepBatches(data, config, length), new StepBatches(data, config, length)];
  await a.load(0);
  await a.load(11);
  expect(await a.load(8)).toEqual(await b.load(8));
  expect(await a.load(0)).not.toEqual(await a.load(length.perEpoch));
});

test('max_steps cuts the run', () => {
  const config = resolveConfig(parseConfig({ training: { max_steps: 7 } }), 4);
  expect(runLength(config, 23)).toEqual({ perEpoch: 6, total: 7 });
});
