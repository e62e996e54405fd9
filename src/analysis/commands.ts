/** What the model worker computes: summaries of models to come, predictions of trained ones. */
import { LatheError } from '../base/errors';
import { canonicalJson } from '../base/hash';
import type { RunConfig } from '../config/schema';
import type { ImportFile } from '../data/api';
import { importFiles } from '../data/import';
import { describeInput, preparePrediction } from '../data/prepare';
import type { ModelIo } from '../models/plan';
import { plannedBatch, summarizeModel } from '../models/summary';
import { databaseBlobs, memoryBlobs } from '../store/blobs';
import type { Database } from '../store/database';
import { NOT_HERE, type DatasetRow, type Notice } from '../store/schema';
import type { AnalysisApi } from './api';
import { concatExamples, type NamedSource } from './concat-examples';
import type { ModelCache } from './model-cache';
import { generate } from './generate';
import { predict } from './predict';
import { rowsDataset } from './rows-dataset';
import { splitPositions } from './split-positions';

/** @param cache holds the model used last on the device. */
export function analysisCommands(database: Database, cache: ModelCache): AnalysisApi {
  const blobs = databaseBlobs(database);
  let described: { key: string; io: Promise<ModelIo> } | null = null;

  /** What a model of the dataset takes and gives; kept for as long as only other settings change. */
  const ioOf = (dataset: DatasetRow, config: RunConfig): Promise<ModelIo> => {
    // What a language model takes is a matter of its own settings, too.
    const model = dataset.kind === 'text' ? config.model : null;
    const key = canonicalJson([dataset, config.data, config.reproducibility.seed, model]);
    if (described?.key !== key) {
      const io = describeInput(dataset, config, blobs);
      described = { key, io };
      io.catch(() => {
        described = null;
      });
    }
    return described.io;
  };

  return {
    async summarize(config, datasetId) {
      const io = await ioOf(await getDataset(database, datasetId), config);
      return summarizeModel(config.model, io, plannedBatch(config), config.training.optimizer);
    },

    async predictDataset(ref, datasetId, split, limit) {
      const dataset = await getDataset(database, datasetId);
      return cache.use(ref, async (model, trained) => {
        const positions = await splitPositions(dataset, trained, split, blobs);
        const chosen = positions.subarray(0, limit);
        const result = await predict(model, await preparePrediction(dataset, model.preprocessing, blobs, chosen));
        const predictions = result.predictions.map((prediction, i) => ({ ...prediction, index: chosen[i] }));
        return { ...result, predictions };
      });
    },

    async predictFiles(ref, files) {
      // Kept in memory alone: what is predicted is not stored.
      const scratch = memoryBlobs();
      return cache.use(ref, async (model) => {
        const { datasets, notices } = await readExamples(files, scratch);
        const sources: NamedSource[] = [];
        for (const dataset of datasets) {
          sources.push({
            name: dataset.name,
            data: await preparePrediction(dataset, model.preprocessing, scratch),
          });
        }
        const result = await predict(model, concatExamples(sources));
        return { ...result, notices: [...notices, ...result.notices] };
      });
    },

    async predictRows(ref, rows) {
      const scratch = memoryBlobs();
      return cache.use(ref, async (model) => {
        const { inputs } = model.preprocessing;
        const decimalComma = inputs.kind === 'table' && inputs.decimal_comma;
        const dataset = await rowsDataset(rows, decimalComma, scratch);
        return predict(model, await preparePrediction(dataset, model.preprocessing, scratch));
      });
    },

    generate: (ref, settings) => cache.use(ref, (model) => generate(model, settings)),
  };
}

async function getDataset(database: Database, id: string): Promise<DatasetRow> {
  const dataset = await database.get('datasets', id);
  if (dataset) return dataset;
  if (id === NOT_HERE) {
    throw new LatheError(
      'not_found',
      'The data of this run is not in this browser: others sent its examples while it trained. Drop its files on the page to ask the model about them.',
    );
  }
  throw new LatheError('not_found', `There is no dataset ${id} in this browser. Drop its files on the page again.`);
}

/** Reads dropped files as examples; what cannot be used becomes a notice. */
async function readExamples(
  files: ImportFile[],
  scratch: ReturnType<typeof memoryBlobs>,
): Promise<{ datasets: DatasetRow[]; notices: Notice[] }> {
  const { datasets, bundles, refused } = await importFiles(files, scratch);
  if (datasets.length === 0) {
    const [bundle] = bundles;
    throw new LatheError(
      'data',
      `${bundle.name} is a bundle, which holds a model, not examples. Drop it on the Models page; drop examples here.`,
      { file: bundle.name },
    );
  }
  return {
    datasets,
    notices: [
      ...bundles.map(({ name }) => ({ level: 'warning' as const, message: `${name} is a bundle and was left out.` })),
      ...refused.map(({ path, reason }) => ({ level: 'warning' as const, message: `${path} was left out: ${reason}` })),
      ...datasets.flatMap(({ notices }) => notices),
    ],
  };
}
