import { expect, test } from 'vitest';
import { readLog } from '../../../src/store/logs';
import { addTunings, getTunings } from '../../../src/store/tunings';
import { TUNING_VERSION } from '../../../src/engine/tuning/product-tuner';
import { PRODUCT_VARIANTS, variantName } from '../../../src/engine/kernels/product-variants';
import type { Backend } from '../../../src/engine/backend';
import { readWeights } from '../../../src/models/weights';
import { batchOf, onWebGPU, setUp, TRAINEES } from './correctness/models';
import { freshDatabase, sit, storeRun, syntheticData } from './fixture';

const model = { architecture: 'mlp', hidden: [64], dropout: 0.2 };
const training = { epochs: 2, batch_size: 32, max_steps: 6 };
const environment = `${TUNING_VERSION} ${navigator.userAgent}`;

test('a tuned run has the bits of one that is not, whatever the winners, and measures only once', async () => {
  const database = await freshDatabase();
  const data = syntheticData({ examples: 180, shape: [64] });
  const run = async (tune_kernels: boolean) => {
    const { id } = await storeRun(database, { model, training: { ...training, tune_kernels } });
    const { row } = await sit(database, id, data);
    const log = await readLog(database, id);
    return { row, measured: log.filter(({ message }) => message.includes('measured on this adapter')).length };
  };
  const plain = await run(false);
  expect(plain.row.status).toBe('finished');
  expect(plain.measured).toBe(0);
  const adapter = plain.row.backend!.adapter;
  expect(await getTunings(database, adapter, environment)).toEqual({});

  const tuned = await run(true);
  expect(tuned.measured).toBeGreaterThan(0);
  expect(tuned.row.weights_sha256).toBe(plain.row.weights_sha256);
  expect(tuned.row.metrics).toEqual(plain.row.metrics);
  const winners = await getTunings(database, adapter, environment);
  const classes = Object.keys(winners);
  expect(classes).toContain('TN sums 64×64×32');

  // The slowest variants, as if they had been the fastest.
  await addTunings(database, adapter, environment, Object.fromEntries(classes.map((name) => [name, 'registers 4×4'])));
  const again = await run(true);
  expect(again.row.weights_sha256).toBe(plain.row.weights_sha256);
  const after = await getTunings(database, adapter, environment);
  expect(classes.map((name) => after[name])).toEqual(classes.map(() => 'registers 4×4'));
  expect(await getTunings(database, adapter, 'another browser')).toEqual({});
});

test('steps that are recorded anew, with other variants, go on to the same bits', async () => {
  const trainee = { ...TRAINEES['cnn, Nesterov momentum'], batch: 16 };
  const other = PRODUCT_VARIANTS.find((variant) => variantName(variant) === 'registers 4×4')!;
  const train = async (backend: Backend, change: boolean): Promise<{ weights: Float32Array; changed: number }> => {
    const { model, step, dispose } = await setUp(trainee, { backend });
    let changed = 0;
    for (let index = 0; index < 4; index++) {
      await step.run([batchOf(trainee, index)], index + 1, index, trainee.optimizer.learning_rate);
      if (!change || index !== 1) continue;
      const { products } = backend.webgpu!;
      for (const { name } of products.unknown) {
        products.set(name, other);
        changed++;
      }
      step.recordAgain();
    }
    const weights = (await readWeights(model)).data;
    dispose();
    return { weights, changed };
  };
  await onWebGPU(async (backend) => {
    const plain = await train(backend, false);
    const tuned = await train(backend, true);
    expect(tuned.changed).toBeGreaterThan(2);
    expect(tuned.weights).toEqual(plain.weights);
  });
});
