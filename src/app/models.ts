/** Commands on trained models: predict, export, import. The model worker does the computing. */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import type { ModelRow } from '../store/schema';
import type { ModelImporter, Workbench } from './api';
import type { CollectCheckpoint } from './checkpoint-collector';
import { validName } from './datasets';
import type { EventHub } from './events';
import { whileKeepingBlobs } from './locks';
import { modelWorker } from './workers';

/** Opens a bundle and keeps its model. */
export function modelImporter(hub: EventHub): ModelImporter {
  return async (file) => {
    const model = await whileKeepingBlobs(async () => modelWorker().importBundle(file));
    hub.emit({ type: 'changed', noun: 'model', id: model.id });
    return model;
  };
}

/** The model commands of the workbench. */
export function modelCommands(database: Database, hub: EventHub, collect: CollectCheckpoint): Workbench['models'] {
  const get = async (id: string): Promise<ModelRow> => {
    const row = await database.get('models', id);
    if (!row)
      throw new LatheError(
        'not_found',
        `There is no imported model ${id} in this browser. Drop its bundle on the page again.`,
      );
    return row;
  };
  const change = async (id: string, fields: Partial<ModelRow>): Promise<ModelRow> => {
    const row = { ...(await get(id)), ...fields };
    await database.put('models', row);
    hub.emit({ type: 'changed', noun: 'model', id });
    return row;
  };
  return {
    async list() {
      const rows = await database.getAll('models');
      return rows.filter((row) => row.deleted_at === null).sort((a, b) => b.created - a.created);
    },
    get,
    rename: (id, name) => change(id, { name: validName(name) }),
    remove: async (id) => void (await change(id, { deleted_at: Date.now() })),
    restore: async (id) => void (await change(id, { deleted_at: null })),
    async predictFiles(model, files) {
      await collect(model);
      return modelWorker().predictFiles(model, files);
    },
    async predictDataset(model, datasetId, split, limit) {
      await collect(model);
      return modelWorker().predictDataset(model, datasetId, split, limit);
    },
    async predictRows(model, rows) {
      await collect(model);
      return modelWorker().predictRows(model, rows);
    },
    async generate(model, settings) {
      await collect(model);
      return modelWorker().generate(model, settings);
    },
  };
}

/** The bundle commands of the workbench. */
export function bundleCommands(importModel: ModelImporter, collect: CollectCheckpoint): Workbench['bundle'] {
  return {
    async export(model, format) {
      await collect(model);
      return modelWorker().exportModel(model, format);
    },
    import: importModel,
  };
}
