/** Rows of the registered models of this browser, and of their versions. */
import { LatheError } from '../base/errors';
import { commit } from './commit';
import type { Database } from './database';
import type { ModelVersionRow, RegisteredModelRow } from './registry';

/** Keys of all versions of a model. */
export const versionsRange = (model: string): IDBKeyRange => IDBKeyRange.bound([model], [model, []]);

/** Versions of a model, deleted ones included, by number. */
export async function versionRows(database: Database, model: string): Promise<ModelVersionRow[]> {
  return database.getAll('model_versions', versionsRange(model));
}

/** A version, deleted or not. @throws LatheError of kind `not_found` */
export async function getVersionRow(database: Database, model: string, version: number): Promise<ModelVersionRow> {
  const row = await database.get('model_versions', [model, version]);
  if (row) return row;
  throw new LatheError('not_found', `The registered model ${model} of this browser has no version ${version}.`);
}

/**
 * Changes a model and its versions in one transaction, so that two tabs do not undo each other. `edit` gets them as they are,
 * deleted ones included, and returns those that are to be stored; what it throws leaves all as it was.
 * @throws LatheError of kind `not_found` where there is no such model
 */
export async function changeRegistered(
  database: Database,
  name: string,
  edit: (
    model: RegisteredModelRow,
    versions: ModelVersionRow[],
  ) => { model?: RegisteredModelRow; versions?: ModelVersionRow[] },
): Promise<void> {
  const transaction = database.transaction(['registered_models', 'model_versions'], 'readwrite');
  const [models, versions] = [transaction.objectStore('registered_models'), transaction.objectStore('model_versions')];
  const [model, rows] = await Promise.all([models.get(name), versions.getAll(versionsRange(name))]);
  let changed: ReturnType<typeof edit>;
  try {
    if (!model) throw noModel(name);
    changed = edit(model, rows);
  } catch (error) {
    await transaction.done;
    throw error;
  }
  const puts = [
    ...(changed.model ? [models.put(changed.model)] : []),
    ...(changed.versions ?? []).map((row) => versions.put(row)),
  ];
  await commit(puts, transaction.done);
}

/** There is no registered model of this name. */
export const noModel = (name: string): LatheError =>
  new LatheError('not_found', `There is no registered model ${name} in this browser. Check its name.`);

/**
 * Removes models and versions that were deleted long ago, and aliases that would lead to them. Returns how many rows.
 * @param expired whether a row was deleted long enough ago
 */
export async function purgeRegistered(
  database: Database,
  expired: (row: { deleted_at: number | null }) => boolean,
): Promise<number> {
  const transaction = database.transaction(['registered_models', 'model_versions'], 'readwrite');
  const [models, versions] = [transaction.objectStore('registered_models'), transaction.objectStore('model_versions')];
  const gone = (await versions.getAll()).filter(expired);
  for (const { model, version } of gone) await versions.delete([model, version]);
  let rows = gone.length;
  for (const model of await models.getAll()) {
    // The row of a model that stays knows which numbers were given.
    if (expired(model)) {
      await models.delete(model.name);
      rows++;
    } else if (gone.some((row) => row.model === model.name)) {
      const left = Object.entries(model.aliases).filter(
        ([, version]) => !gone.some((row) => row.model === model.name && row.version === version),
      );
      await models.put({ ...model, aliases: Object.fromEntries(left) });
    }
  }
  await commit([], transaction.done);
  return rows;
}
