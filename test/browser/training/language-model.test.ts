import { expect, it } from 'vitest';
import { generate } from '../../../src/analysis/generate';
import { loadModel } from '../../../src/analysis/loaded-model';
import { predict } from '../../../src/analysis/predict';
import { randomStream } from '../../../src/base/random';
import { parseConfig } from '../../../src/config/parse';
import type { PreparedData } from '../../../src/data/contract';
import { importFiles } from '../../../src/data/import';
import { preparePrediction, prepareTraining } from '../../../src/data/prepare';
import { startBackend } from '../../../src/engine/backend';
import { exportModel } from '../../../src/export/export-model';
import { importBundle } from '../../../src/export/import-bundle';
import { memoryBlobs } from '../../../src/store/blobs';
import type { DatasetRow } from '../../../src/store/schema';
import { findTrainedModel, readTrainedWeights } from '../../../src/store/trained-model';
import { shareDevice } from '../share-device';
import { bigramPerplexity } from '../../helpers/bigram';
import { eventsOf, freshDatabase, sit, storeRun } from './fixture';

shareDevice();

const WORDS = ['stone', 'tone', 'nest', 'onset', 'sent', 'notes'];

/** Sentences in which every word comes again: of letters that occur in all words, what was read before tells the next. */
function grammar(sentences: number): string {
  const random = randomStream(3, 'grammar');
  return Array.from({ length: sentences }, () => {
    const word = WORDS[random.integer(WORDS.length)];
    return `${word} is ${word}.\n`;
  }).join('');
}

const CONFIG = {
  data: { split: { validation: 0.1, test: 0.1 } },
  model: { architecture: 'transformer', layers: 2, width: 32, heads: 2, context: 32 },
  training: {
    epochs: 3,
    batch_size: 16,
    optimizer: { name: 'adamw', learning_rate: 1e-2 },
    early_stopping: null,
    checkpoints: { every_epochs: null, every_minutes: null, keep_top_k: 1 },
  },
};

const text = grammar(800);
const cut = Math.floor(text.length * 0.8);

const blobs = memoryBlobs();

/** The text as a dataset, made ready by `config`. */
async function textData(config: unknown = CONFIG): Promise<{ dataset: DatasetRow; data: PreparedData }> {
  const { datasets } = await importFiles([{ path: 'grammar.txt', file: new File([text], 'grammar.txt') }], blobs);
  return { dataset: datasets[0], data: await prepareTraining(datasets[0], parseConfig(config), blobs) };
}

it('learns what no bigram can say, to the same bits again, also when it was interrupted', async () => {
  const { dataset, data } = await textData();
  const bound = bigramPerplexity(text.slice(0, cut), text.slice(cut));
  const database = await freshDatabase();
  const first = await storeRun(database, CONFIG);
  const whole = await sit(database, first.id, data);
  expect(whole.row.status).toBe('finished');
  const { loss, perplexity, accuracy } = whole.row.metrics?.test ?? {};
  expect(perplexity).toBeCloseTo(Math.exp(loss), 6);
  expect(perplexity).toBeLessThan(0.75 * bound);
  expect(accuracy).toBeGreaterThan(0.6);
  expect(Object.keys(whole.row.latest)).toEqual(expect.arrayContaining(['val_perplexity', 'train_perplexity']));
  const points = eventsOf(whole.events, 'progress').flatMap((event) => event.points.map(({ metric }) => metric));
  expect(points).toContain('tokens_per_second');

  const second = await storeRun(database, CONFIG);
  const begun = await sit(database, second.id, data, {
    during: (event, trainer) => {
      if (event.type === 'progress' && event.step >= 20) void trainer.leave('pause');
    },
  });
  expect(begun.row.status).toBe('paused');
  expect(begun.row.step).toBeLessThan(whole.row.step);
  const resumed = await sit(database, second.id, data);
  expect(resumed.row.weights_sha256).toBe(whole.row.weights_sha256);
  expect(resumed.row.metrics).toEqual(whole.row.metrics);

  // Taken away as a bundle, it writes and judges as it did.
  const { blob } = await exportModel(database, { run_id: first.id }, 'bundle', () => startBackend(['webgpu']));
  const elsewhere = await freshDatabase();
  const model = await importBundle(elsewhere, new File([blob], 'grammar.zip'));
  const backend = await startBackend(['webgpu']);
  const trained = await findTrainedModel(elsewhere, { model_id: model.id });
  const loaded = loadModel(trained, await readTrainedWeights(elsewhere, trained));
  const { text: written } = await generate(loaded, { prompt: 'stone is st', length: 4, temperature: 0.3, seed: 4 });
  expect(written).toBe('one.');
  const examples = await preparePrediction(dataset, loaded.preprocessing, blobs, data.splits.test);
  const { metrics } = await predict(loaded, examples);
  expect(metrics?.loss).toBeCloseTo(loss, 6);
  expect(metrics?.accuracy).toBe(accuracy);
  loaded.dispose();
  backend.dispose();

  await expect(
    exportModel(database, { run_id: first.id }, 'tfjs', () => startBackend(['webgpu'])),
  ).rejects.toMatchObject({ kind: 'config', where: { key: 'model.architecture' } });
});

it('refuses settings of other tasks by their key', async () => {
  const { data } = await textData();
  for (const [training, key] of [
    [{ class_weights: 'balanced' }, 'training.class_weights'],
    [{ loss: 'huber' }, 'training.loss'],
    [{ checkpoints: { monitor: 'val_f1' } }, 'training.checkpoints.monitor'],
  ] as const) {
    const database = await freshDatabase();
    const run = await storeRun(database, { ...CONFIG, training });
    await expect(sit(database, run.id, data)).rejects.toMatchObject({ kind: 'config', where: { key } });
  }
});
