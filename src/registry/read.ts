/** What is in this browser's own registry, as MLflow's is shown. */
import { LatheError } from '../base/errors';
import { configParams } from '../config/params';
import type { Database } from '../store/database';
import { noModel, versionRows } from '../store/registered-models';
import type { ModelVersion, ModelVersionRow, RegisteredModel, RegisteredModelRow } from '../store/registry';

/** Every registered model, by name. */
export async function listModels(database: Database): Promise<RegisteredModel[]> {
  const rows = (await database.getAll('registered_models')).filter(({ deleted_at }) => deleted_at === null);
  return Promise.all(rows.map(async (row) => modelOf(row, alive(await versionRows(database, row.name)))));
}

/** Versions of a model, newest first. @throws LatheError of kind `not_found` where there is no such model */
export async function listVersions(database: Database, name: string): Promise<ModelVersion[]> {
  const model = await getModel(database, name);
  return alive(await versionRows(database, name))
    .map((row) => versionOf(row, model))
    .reverse();
}

/**
 * A version by its number (`3`), an alias (`@champion`), or as the newest (`latest`).
 * @throws LatheError of kind `not_found` that says what there is
 */
export async function findVersion(database: Database, name: string, version: string): Promise<ModelVersionRow> {
  const model = await getModel(database, name);
  const rows = alive(await versionRows(database, name));
  const newest = rows.at(-1);
  const { aliases } = modelOf(model, rows);
  if (version.startsWith('@')) {
    const alias = version.slice(1);
    const row = rows.find((one) => String(one.version) === aliases[alias]);
    if (row) return row;
    const known = Object.keys(aliases).map((one) => `@${one}`);
    const has = known.length > 0 ? `It has ${known.join(', ')}.` : 'It has no aliases.';
    throw new LatheError('not_found', `The registered model ${name} has no alias ${alias}. ${has}`);
  }
  const row = version === 'latest' ? newest : rows.find((one) => String(one.version) === version);
  if (row) return row;
  const has = newest ? `Its newest is ${newest.version}.` : 'It has no versions.';
  throw new LatheError('not_found', `The registered model ${name} has no version ${version}. ${has}`);
}

/** A version as it is shown. */
export function versionOf(row: ModelVersionRow, model: RegisteredModelRow): ModelVersion {
  const params = Object.entries(configParams(row.config));
  return {
    name: row.model,
    version: String(row.version),
    aliases: Object.keys(model.aliases)
      .filter((alias) => model.aliases[alias] === row.version)
      .sort(),
    description: row.description,
    tags: row.tags,
    run_id: row.run?.id ?? null,
    metrics: row.metrics,
    params: Object.fromEntries(params.map(([key, value]) => [key, String(value)])),
    dataset: { name: row.dataset_name, hash: row.dataset_hash },
    created: row.created,
    opens: true,
  };
}

/** A model that is not deleted. @throws LatheError of kind `not_found` */
async function getModel(database: Database, name: string): Promise<RegisteredModelRow> {
  const row = await database.get('registered_models', name);
  if (!row || row.deleted_at !== null) throw noModel(name);
  return row;
}

const alive = (rows: ModelVersionRow[]): ModelVersionRow[] => rows.filter(({ deleted_at }) => deleted_at === null);

/** @param versions those that are not deleted, by number */
function modelOf(row: RegisteredModelRow, versions: readonly ModelVersionRow[]): RegisteredModel {
  const there = new Set(versions.map(({ version }) => version));
  const aliases = Object.entries(row.aliases).filter(([, version]) => there.has(version));
  const newest = versions.at(-1);
  return {
    name: row.name,
    description: row.description,
    tags: row.tags,
    aliases: Object.fromEntries(aliases.map(([alias, version]) => [alias, String(version)])),
    latest: newest ? String(newest.version) : null,
    updated: Math.max(row.updated, ...versions.map(({ updated }) => updated)),
  };
}
