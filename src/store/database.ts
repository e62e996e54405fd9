/**
 * The IndexedDB database `lathe`, opened through idb. Its version only ever rises, and every step up is one migration
 * below: a database of any age is brought to today's form when it is opened, and no stored row is dropped by it.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import { LatheError } from '../base/errors';
import type { DeliveryRow, DestinationRow, ServerRow } from './delivery';
import type { FolderRow } from './folders';
import type { MediaRow } from './media';
import type { ProfileRow } from './profile';
import type { ModelVersionRow, RegisteredModelRow } from './registry';
import type { BlobRow, CheckpointRow, DatasetRow, LogRow, MetricChunkRow, ModelRow, RunRow, TuningRow } from './schema';
import type { StudyRow, TrialRow } from './study';

/** Object stores and their keys. */
export interface LatheSchema extends DBSchema {
  datasets: { key: string; value: DatasetRow };
  /** Indexed by study: `''` holds the runs that are no trials. */
  runs: { key: string; value: RunRow; indexes: { study_id: string } };
  models: { key: string; value: ModelRow; indexes: { weights: string } };
  blobs: { key: string; value: BlobRow };
  /** Keyed [run, metric, chunk]. */
  metrics: { key: [string, string, number]; value: MetricChunkRow };
  checkpoints: {
    key: string;
    value: CheckpointRow;
    /** `parts`: those of checkpoints that are kept in parts, by the hash of each part. */
    indexes: { run_step: [string, number]; weights: string; optimizer: string; parts: string };
  };
  logs: { key: number; value: LogRow; indexes: { run_id: string } };
  /** Keyed by run. */
  profiles: { key: string; value: ProfileRow };
  /** Keyed by adapter. */
  tunings: { key: string; value: TuningRow };
  studies: { key: string; value: StudyRow };
  /** Keyed [study, number]. */
  trials: { key: [string, number]; value: TrialRow };
  media: { key: number; value: MediaRow; indexes: { run_step: [string, number] } };
  deliveries: { key: string; value: DeliveryRow; indexes: { subject: string } };
  /** Keyed by origin. */
  servers: { key: string; value: ServerRow };
  destinations: { key: string; value: DestinationRow };
  folders: { key: string; value: FolderRow };
  /** Keyed by name. */
  registered_models: { key: string; value: RegisteredModelRow };
  /** Keyed [model, version]. */
  model_versions: { key: [string, number]; value: ModelVersionRow; indexes: { weights: string } };
}

/** The open database. */
export type Database = IDBPDatabase<LatheSchema>;

type Upgrade = IDBPTransaction<LatheSchema, StoreNames<LatheSchema>[], 'versionchange'>;
type Migration = (database: Database, transaction: Upgrade) => void | Promise<void>;

/** Migration `i` takes a database from version `i` to `i + 1`. Append; never change one that was released. */
const MIGRATIONS: Migration[] = [
  (database) => {
    database.createObjectStore('datasets', { keyPath: 'id' });
    database.createObjectStore('runs', { keyPath: 'id' });
    database.createObjectStore('models', { keyPath: 'id' }).createIndex('weights', 'weights.hash');
    database.createObjectStore('blobs', { keyPath: 'hash' });
    database.createObjectStore('metrics', { keyPath: ['run_id', 'metric', 'chunk'] });
    const checkpoints = database.createObjectStore('checkpoints', { keyPath: 'id' });
    checkpoints.createIndex('run_step', ['run_id', 'step']);
    checkpoints.createIndex('weights', 'weights.hash');
    checkpoints.createIndex('optimizer', 'optimizer.hash');
    database.createObjectStore('logs', { keyPath: 'seq', autoIncrement: true }).createIndex('run_id', 'run_id');
  },
  (database) => {
    database.createObjectStore('profiles', { keyPath: 'run_id' });
  },
  (database) => {
    database.createObjectStore('tunings', { keyPath: 'adapter' });
  },
  async (database, transaction) => {
    database.createObjectStore('studies', { keyPath: 'id' });
    database.createObjectStore('trials', { keyPath: ['study_id', 'number'] });
    const runs = transaction.objectStore('runs');
    runs.createIndex('study_id', 'study_id');
    for (let cursor = await runs.openCursor(); cursor; cursor = await cursor.continue()) {
      // Rows from before there were studies.
      await cursor.update({ ...cursor.value, study_id: '', trial: null });
    }
  },
  async (_database, transaction) => {
    const runs = transaction.objectStore('runs');
    for (let cursor = await runs.openCursor(); cursor; cursor = await cursor.continue()) {
      // Rows from before browsers trained together.
      await cursor.update({ ...cursor.value, group: null });
    }
  },
  (_database, transaction) => {
    transaction.objectStore('checkpoints').createIndex('parts', 'parts.hashes', { multiEntry: true });
  },
  (database) => {
    database
      .createObjectStore('media', { keyPath: 'seq', autoIncrement: true })
      .createIndex('run_step', ['run_id', 'step']);
    database.createObjectStore('deliveries', { keyPath: 'id' }).createIndex('subject', 'subject');
    database.createObjectStore('servers', { keyPath: 'origin' });
    database.createObjectStore('destinations', { keyPath: 'id' });
    database.createObjectStore('folders', { keyPath: 'id' });
  },
  (database) => {
    database.createObjectStore('registered_models', { keyPath: 'name' });
    database
      .createObjectStore('model_versions', { keyPath: ['model', 'version'] })
      .createIndex('weights', 'weights.hash');
  },
];

/** Version of the database that this code writes. */
export const DATABASE_VERSION = MIGRATIONS.length;

/** What the opener wants to hear about. */
export interface DatabaseEvents {
  /** A newer Lathe in another tab needs the database: this connection was closed, the page must be reloaded. */
  outdated?: () => void;
}

/**
 * Opens the database, bringing it up to date first.
 * @throws LatheError of kind `storage` when the browser refuses (private mode, newer version, blocked by old tabs).
 */
export async function openDatabase(events: DatabaseEvents = {}, name = 'lathe'): Promise<Database> {
  let failure: unknown = null;
  try {
    return await openDB<LatheSchema>(name, DATABASE_VERSION, {
      async upgrade(database, oldVersion, _newVersion, transaction) {
        try {
          for (const migrate of MIGRATIONS.slice(oldVersion)) await migrate(database, transaction);
        } catch (error) {
          // What was done so far would stand otherwise, with the number of the new version.
          failure = error;
          transaction.abort();
          await transaction.done.catch(() => undefined);
        }
      },
      blocking(_current, _blocked, event) {
        // Another tab waits to upgrade; holding on would block it for good.
        if (event.target instanceof IDBDatabase) event.target.close();
        events.outdated?.();
      },
    });
  } catch (thrown) {
    const error = failure ?? thrown;
    if (error instanceof DOMException && error.name === 'VersionError') {
      throw new LatheError(
        'storage',
        'This browser’s data was written by a newer Lathe. Reload the page to get that version.',
        {},
        [],
        { cause: error },
      );
    }
    throw new LatheError(
      'storage',
      `The browser’s database cannot be opened: ${error instanceof Error ? error.message : String(error)}. Allow site data for this page, or leave private mode.`,
      {},
      [],
      { cause: error },
    );
  }
}
