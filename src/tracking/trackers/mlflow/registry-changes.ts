/**
 * Changes to the model registry of an MLflow server: new versions, aliases, descriptions and tags.
 * https://mlflow.org/docs/latest/rest-api.html#create-modelversion
 */
import * as v from 'valibot';
import type { ModelVersion, RegistryDescription } from '../../../store/registry';
import type { MlflowClient } from './client';
import { isMissing, isThere } from './errors';
import { quote } from './filter';
import { MODEL_PATH } from './model-folder';
import { cut, safeName } from './names';
import { findVersion, searchVersions, versionSchema, type VersionRow } from './registry';

/** What becomes a version. */
export interface NewVersion {
  model: string;
  /** Alias that the version gets; null: none. */
  alias: string | null;
  /** Run there. */
  run_id: string;
  /** Where the run's files are; the model lies in `model/` there. */
  artifacts: string;
  /** Markdown. */
  description: string;
  tags: Record<string, string>;
  /** Group of peers who hold the same model: one of them registers it. */
  group: string | null;
}

/** Tag of a version: the alias that it got as it was registered. It may have gone to another one since. */
const ALIAS_TAG = 'lathe.alias';
const GROUP_TAG = 'lathe.group';
/** Characters of a description, and of a tag's value. */
const MAX_TEXT = 5000;

const nothing = v.unknown();

/**
 * Makes the model of a run a version of a registered model, which is created where it is not there. Doing it again gives the
 * same version, and moves no alias that went elsewhere meanwhile.
 * @throws DeliveryError
 */
export async function registerVersion(client: MlflowClient, wanted: NewVersion): Promise<ModelVersion> {
  const { model, alias } = wanted;
  await createModel(client, model);
  const row = (await existing(client, wanted)) ?? (await createVersion(client, wanted));
  if (alias !== null && row.tags[ALIAS_TAG] !== alias) {
    await setAlias(client, model, alias, row.version);
    const tag = { name: model, version: row.version, key: ALIAS_TAG, value: alias };
    await client.call('marking the version', 'POST', 'model-versions/set-tag', tag, nothing);
  }
  return findVersion(client, model, row.version);
}

async function createModel(client: MlflowClient, name: string): Promise<void> {
  try {
    await client.call('creating the registered model', 'POST', 'registered-models/create', { name }, nothing);
  } catch (error) {
    if (!isThere(error)) throw error;
  }
}

/** The version that this run, or another peer of its group, was made before. */
async function existing(client: MlflowClient, { model, run_id, group }: NewVersion): Promise<VersionRow | undefined> {
  const ours = (await searchVersions(client, `run_id = ${quote(run_id)}`)).find(({ name }) => name === model);
  if (ours || group === null) return ours;
  return (await searchVersions(client, `name = ${quote(model)}`)).find(({ tags }) => tags[GROUP_TAG] === group);
}

async function createVersion(client: MlflowClient, wanted: NewVersion): Promise<VersionRow> {
  const tags = await Promise.all(
    Object.entries(wanted.tags).map(async ([key, value]) => ({
      key: await safeName(key),
      value: cut(value, MAX_TEXT),
    })),
  );
  const input = {
    name: wanted.model,
    source: `${wanted.artifacts}/${MODEL_PATH}`,
    run_id: wanted.run_id,
    description: cut(wanted.description, MAX_TEXT),
    tags,
  };
  const schema = v.object({ model_version: versionSchema });
  return (await client.call('creating the version', 'POST', 'model-versions/create', input, schema)).model_version;
}

/** Gives an alias to a version, and takes it from the one that had it. @throws DeliveryError */
export async function setAlias(client: MlflowClient, name: string, alias: string, version: string): Promise<void> {
  await client.call('setting the alias', 'POST', 'registered-models/alias', { name, alias, version }, nothing);
}

/** Takes an alias away; one that is not there is none. @throws DeliveryError */
export async function removeAlias(client: MlflowClient, name: string, alias: string): Promise<void> {
  try {
    await client.call('removing the alias', 'DELETE', 'registered-models/alias', { name, alias }, nothing);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Describes a model, or (`version` not null) one of its versions. @throws DeliveryError */
export async function describe(
  client: MlflowClient,
  name: string,
  version: string | null,
  { description, tags = {} }: RegistryDescription,
): Promise<void> {
  const path = version === null ? 'registered-models' : 'model-versions';
  const which = version === null ? { name } : { name, version };
  if (description !== undefined) {
    const input = { ...which, description: cut(description, MAX_TEXT) };
    await client.call('writing the description', 'PATCH', `${path}/update`, input, nothing);
  }
  for (const [key, value] of Object.entries(tags)) {
    if (value === null) {
      await client.call('removing a tag', 'DELETE', `${path}/delete-tag`, { ...which, key }, nothing);
    } else {
      const tag = { ...which, key: await safeName(key), value: cut(value, MAX_TEXT) };
      await client.call('setting a tag', 'POST', `${path}/set-tag`, tag, nothing);
    }
  }
}
