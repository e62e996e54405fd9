/** Changes to what is registered in this browser. Nothing is dropped at once: what is deleted can be brought back. */
import { LatheError } from '../base/errors';
import { aliasProblem } from '../config/registered-models';
import type { Database } from '../store/database';
import { changeRegistered, noModel } from '../store/registered-models';
import type { ModelVersionRow, RegisteredModelRow, RegistryDescription } from '../store/registry';

/**
 * Gives an alias to a version, and takes it from the one that had it.
 * @throws LatheError of kind `usage` for an alias that cannot be, `not_found`
 */
export async function setAlias(database: Database, name: string, alias: string, version: string): Promise<void> {
  checkAlias(alias);
  await changeRegistered(database, name, (model, versions) => {
    const row = find(name, version, model, versions);
    return { model: { ...model, aliases: { ...model.aliases, [alias]: row.version }, updated: Date.now() } };
  });
}

/** Takes an alias away; one that is not there is none. @throws LatheError of kind `not_found` */
export async function removeAlias(database: Database, name: string, alias: string): Promise<void> {
  await changeRegistered(database, name, (model) => {
    const { [alias]: _, ...aliases } = alive(name, model).aliases;
    return { model: { ...model, aliases, updated: Date.now() } };
  });
}

/** Describes a model, or (`version` not null) one of its versions. @throws LatheError of kind `not_found` */
export async function describe(
  database: Database,
  name: string,
  version: string | null,
  change: RegistryDescription,
): Promise<void> {
  await changeRegistered(database, name, (model, versions) =>
    version === null
      ? { model: described(alive(name, model), change) }
      : { versions: [described(find(name, version, model, versions), change)] },
  );
}

function described<T extends ModelVersionRow | RegisteredModelRow>(
  row: T,
  { description = row.description, tags = {} }: RegistryDescription,
): T {
  const kept = Object.entries<string | null>({ ...row.tags, ...tags }).filter(
    (tag): tag is [string, string] => tag[1] !== null,
  );
  return { ...row, description, tags: Object.fromEntries(kept), updated: Date.now() };
}

/** Deletes a version, or a model with all of them. @throws LatheError of kind `not_found` */
export async function remove(database: Database, name: string, version: string | null): Promise<void> {
  const now = Date.now();
  await changeRegistered(database, name, (model, versions) => {
    if (version !== null) return { versions: [{ ...find(name, version, model, versions), deleted_at: now }] };
    return {
      model: { ...alive(name, model), deleted_at: now },
      versions: versions
        .filter(({ deleted_at }) => deleted_at === null)
        .map((row) => ({ ...row, deleted_at: now, deleted_with_model: true })),
    };
  });
}

/** Brings back what `remove` deleted, aliases included that were given to no other version meanwhile. */
export async function restore(database: Database, name: string, version: string | null): Promise<void> {
  await changeRegistered(database, name, (model, versions) => {
    const back = versions.filter((row) =>
      version === null ? row.deleted_with_model : String(row.version) === version,
    );
    if (version !== null && back.length === 0) throw noVersion(name, version);
    return {
      model: { ...model, deleted_at: null },
      versions: back.map((row) => ({ ...row, deleted_at: null, deleted_with_model: false })),
    };
  });
}

/** @throws LatheError of kind `usage` for an alias that cannot be */
export function checkAlias(alias: string): void {
  const problem = aliasProblem(alias);
  if (problem !== null) throw new LatheError('usage', `The alias ${alias} ${problem}`);
}

function alive(name: string, model: RegisteredModelRow): RegisteredModelRow {
  if (model.deleted_at !== null) throw noModel(name);
  return model;
}

function find(
  name: string,
  version: string,
  model: RegisteredModelRow,
  versions: readonly ModelVersionRow[],
): ModelVersionRow {
  alive(name, model);
  const row = versions.find((one) => String(one.version) === version && one.deleted_at === null);
  if (!row) throw noVersion(name, version);
  return row;
}

const noVersion = (name: string, version: string): LatheError =>
  new LatheError('not_found', `The registered model ${name} has no version ${version}.`);
