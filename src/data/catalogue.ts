/** The datasets of the database, as the data worker serves them: imported, made, looked at. */
import { LatheError } from '../base/errors';
import { transfer } from '../base/rpc';
import { databaseBlobs } from '../store/blobs';
import type { Database } from '../store/database';
import type { DatasetRow } from '../store/schema';
import type { DataApi, DatasetPreview, ImportProgress, OnProgress } from './api';
import { importFiles } from './import';
import { previewDataset } from './preview';
import { SAMPLES } from './samples/registry';

/** Least milliseconds between two messages of progress. */
const PROGRESS_MS = 100;

/** The data worker's API over the database that `open` gives. */
export function createCatalogue(open: () => Promise<Database>): DataApi {
  let database: Promise<Database> | null = null;
  const opened = (): Promise<Database> => {
    // A database that could not be opened is tried again next time.
    database ??= open().catch((error: unknown) => {
      database = null;
      throw error;
    });
    return database;
  };

  return {
    async importFiles(files, port) {
      const outcome = await importFiles(files, databaseBlobs(await opened()), reporter(port));
      const datasets: DatasetRow[] = [];
      for (const dataset of outcome.datasets) datasets.push(await keep(await opened(), dataset));
      return { ...outcome, datasets };
    },

    async importSample(name, port) {
      const sample = SAMPLES.find((each) => each.name === name);
      if (!sample) {
        throw new LatheError(
          'not_found',
          `There is no sample “${name}”. The samples are ${SAMPLES.map((each) => each.name).join(', ')}.`,
        );
      }
      const report = reporter(port);
      report({ stage: `Making ${sample.title}`, done: 0, total: null });
      const { datasets } = await importFiles(await sample.make(), databaseBlobs(await opened()), report);
      const [dataset] = datasets;
      return keep(await opened(), {
        ...dataset,
        name: sample.name,
        source: { files: [], sample: sample.name },
      });
    },

    samples: () => SAMPLES.map(({ name, title, description }) => ({ name, title, description })),

    async preview(dataset, offset, limit) {
      const preview = await previewDataset(dataset, offset, limit, databaseBlobs(await opened()));
      return transfer<DatasetPreview>(
        preview,
        preview.kind === 'images' ? preview.images.map(({ bitmap }) => bitmap) : [],
      );
    },
  };
}

/**
 * Stores a dataset's row under a name that no other has. The same content under the same name is not stored twice: the
 * row that is there, with the roles that the user gave it, is returned.
 */
async function keep(database: Database, dataset: DatasetRow): Promise<DatasetRow> {
  const others = (await database.getAll('datasets')).filter(({ deleted_at }) => deleted_at === null);
  const same = others.find(
    (other) => other.content_hash === dataset.content_hash && stripNumber(other.name) === stripNumber(dataset.name),
  );
  if (same) return same;
  const taken = new Set(others.map(({ name }) => name));
  let name = dataset.name;
  for (let n = 2; taken.has(name); n++) name = `${dataset.name} ${n}`;
  const row = { ...dataset, name };
  try {
    await database.put('datasets', row);
  } catch (error) {
    throw LatheError.from(error, 'storage');
  }
  return row;
}

const stripNumber = (name: string): string => name.replace(/ \d+$/, '');

/** Sends progress over a port, not more often than the eye can follow; every change of stage is sent. */
function reporter(port: MessagePort | undefined): OnProgress {
  let last = -Infinity;
  let stage = '';
  return (progress: ImportProgress) => {
    const now = performance.now();
    if (!port || (progress.stage === stage && now - last < PROGRESS_MS)) return;
    last = now;
    stage = progress.stage;
    port.postMessage(progress);
  };
}
