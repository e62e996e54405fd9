/** Commands on datasets. Reading files happens in the data worker; this module keeps the rows. */
import { LatheError, isQuotaError } from '../base/errors';
import { transfer } from '../base/rpc';
import type { ColumnRole } from '../config/schema';
import type { Database } from '../store/database';
import type { DatasetRow } from '../store/schema';
import type { ImportFile, ImportResult, ModelImporter, Progress, Workbench } from './api';
import type { EventHub } from './events';
import { whileKeepingBlobs } from './locks';
import { dataWorker } from './workers';

/** The dataset `id`, also a deleted one. @throws LatheError of kind `not_found`. */
export async function getDataset(database: Database, id: string): Promise<DatasetRow> {
  const row = await database.get('datasets', id);
  if (!row)
    throw new LatheError('not_found', `There is no dataset ${id} in this browser. Drop its files on the page again.`);
  return row;
}

/** The dataset commands of the workbench. */
export function datasetCommands(database: Database, hub: EventHub, importModel: ModelImporter): Workbench['datasets'] {
  const changed = (id: string): void => hub.emit({ type: 'changed', noun: 'dataset', id });

  const change = async (id: string, edit: (row: DatasetRow) => DatasetRow): Promise<DatasetRow> => {
    const transaction = database.transaction('datasets', 'readwrite');
    const row = await transaction.store.get(id);
    if (!row) throw new LatheError('not_found', `There is no dataset ${id} in this browser.`);
    const next = edit(row);
    await Promise.all([transaction.store.put(next), transaction.done]);
    changed(id);
    return next;
  };

  const progressPort = (): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Progress>) => hub.emitHere({ type: 'import_progress', progress: data });
    return port2;
  };

  const storing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await whileKeepingBlobs(work);
      hub.emit({ type: 'storage_full', full: false });
      return result;
    } catch (error) {
      if (isQuotaError(error) || (error instanceof LatheError && error.kind === 'storage')) {
        hub.emit({ type: 'storage_full', full: true });
      }
      throw error;
    }
  };

  return {
    async list() {
      const rows = await database.getAll('datasets');
      return rows.filter((row) => row.deleted_at === null).sort((a, b) => b.created - a.created);
    },
    get: (id) => getDataset(database, id),
    async import(files: ImportFile[]): Promise<ImportResult> {
      if (files.length === 0) throw new LatheError('data', 'Nothing was dropped: the folder is empty.');
      const { datasets, bundles, refused } = await storing(async () => {
        const port = progressPort();
        return dataWorker().importFiles(files, transfer(port, [port]));
      });
      for (const dataset of datasets) changed(dataset.id);
      const models = [];
      for (const bundle of bundles) {
        try {
          models.push(await importModel(bundle));
        } catch (thrown) {
          const error = LatheError.from(thrown, 'bundle');
          // Alone, it is the answer; among other files, it is one that was refused.
          if (error.kind !== 'bundle' || (bundles.length === 1 && datasets.length === 0)) throw error;
          refused.push({ path: bundle.name, reason: error.message });
        }
      }
      return { datasets, models, refused };
    },
    samples: async () => dataWorker().samples(),
    async importSample(name) {
      const dataset = await storing(async () => dataWorker().importSample(name));
      changed(dataset.id);
      return dataset;
    },
    preview: async (id, offset, limit) => dataWorker().preview(await getDataset(database, id), offset, limit),
    setRole: (id, column, role) => change(id, (row) => withRole(row, column, role)),
    rename: (id, name) => change(id, (row) => ({ ...row, name: validName(name) })),
    remove: async (id) => void (await change(id, (row) => ({ ...row, deleted_at: Date.now() }))),
    restore: async (id) => void (await change(id, (row) => ({ ...row, deleted_at: null }))),
  };
}

/** A name as a user may give it: not blank, at most 200 characters. */
export function validName(name: string): string {
  const trimmed = name.trim();
  if (trimmed.length === 0) throw new LatheError('usage', 'A name needs at least one character.');
  if (trimmed.length > 200) throw new LatheError('usage', 'A name has at most 200 characters.');
  return trimmed;
}

function withRole(row: DatasetRow, column: string, role: ColumnRole): DatasetRow {
  if (row.kind !== 'table') throw new LatheError('usage', `${row.name} is no table: it has no columns.`);
  if (!row.columns.some(({ name }) => name === column)) {
    throw new LatheError('not_found', `The dataset ${row.name} has no column ${column}.`, { column });
  }
  const columns = row.columns.map((item) => {
    if (item.name === column) return { ...item, role };
    // There is one label: a new one takes the place of the old, which falls back to what it looks like.
    if (role === 'label' && item.role === 'label') {
      return {
        ...item,
        role: item.guessed_role === 'label' ? (item.numeric ? 'number' : 'category') : item.guessed_role,
      } as const;
    }
    return item;
  });
  return { ...row, columns };
}
