/**
 * The model registry of an MLflow server: what is in it, and its versions as bundles. `registry-changes.ts` writes to it.
 * https://mlflow.org/docs/latest/rest-api.html#get-registeredmodel
 */
import * as v from 'valibot';
import { slug } from '../../../base/slug';
import type { ModelVersion, RegisteredModel } from '../../../store/registry';
import { DeliveryError } from '../../http/http';
import type { MlflowClient, MlflowRun } from './client';
import { isMissing, MlflowError } from './errors';
import { quote } from './filter';
import { readMlmodel } from './model-folder';
import { MODELS_TAG, RUN_ID_TAG } from './tags';

const PAGE = 200;
/** Runs that are asked for at once. */
const AT_ONCE = 6;

const time = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.finite());
const number = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
const text = v.optional(v.string(), '');
const tagList = v.pipe(
  v.optional(v.array(v.object({ key: v.string(), value: text })), []),
  v.transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value]))),
);
const modelSchema = v.object({
  name: v.string(),
  description: text,
  last_updated_timestamp: v.optional(time, 0),
  tags: tagList,
  aliases: v.optional(v.array(v.object({ alias: v.string(), version: number })), []),
  latest_versions: v.optional(v.array(v.object({ version: number })), []),
});
/** A version as MLflow tells it. */
export const versionSchema = v.object({
  name: v.string(),
  version: number,
  description: text,
  creation_timestamp: v.optional(time, 0),
  run_id: text,
  tags: tagList,
});
/** See `versionSchema`. */
export type VersionRow = v.InferOutput<typeof versionSchema>;

/** Every registered model, by name. @throws DeliveryError */
export async function listModels(client: MlflowClient): Promise<RegisteredModel[]> {
  const schema = v.object({ registered_models: v.optional(v.array(modelSchema), []), next_page_token: text });
  const models: RegisteredModel[] = [];
  for (let token = ''; ;) {
    const input = { max_results: PAGE, page_token: token || undefined };
    const page = await client.call('listing models', 'GET', 'registered-models/search', input, schema);
    models.push(...page.registered_models.map(modelOf));
    token = page.next_page_token;
    if (token === '') break;
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Versions of a model, newest first, with what their runs measured. @throws DeliveryError */
export async function listVersions(client: MlflowClient, name: string): Promise<ModelVersion[]> {
  const model = await getModel(client, name);
  const rows = await searchVersions(client, `name = ${quote(name)}`);
  const runs = await runsOf(client, rows);
  return rows
    .map((row) => versionOf(row, model, runs.get(row.run_id)))
    .sort((a, b) => Number(b.version) - Number(a.version));
}

/** A version by its number (`3`), an alias (`@champion`), or as the newest (`latest`). @throws DeliveryError of code `not_found` where there is none */
export async function findVersion(client: MlflowClient, name: string, version: string): Promise<ModelVersion> {
  const model = await getModel(client, name);
  const alias = version.startsWith('@') ? version.slice(1) : null;
  const wanted = alias !== null ? model.aliases[alias] : version === 'latest' ? (model.latest ?? version) : version;
  if (wanted === undefined) {
    const known = Object.keys(model.aliases);
    const has = known.length > 0 ? `It has ${known.map((one) => `@${one}`).join(', ')}.` : 'It has no aliases.';
    throw new DeliveryError('not_found', `${name} at ${client.base} has no alias ${alias}. ${has}`);
  }
  const schema = v.object({ model_version: versionSchema });
  let row: VersionRow;
  try {
    const input = { name, version: wanted };
    row = (await client.call('looking for the version', 'GET', 'model-versions/get', input, schema)).model_version;
  } catch (error) {
    if (!isMissing(error) && !(error instanceof MlflowError && error.code === 'refused')) throw error;
    const newest = model.latest === null ? 'It has no versions.' : `Its newest is ${model.latest}.`;
    throw new DeliveryError('not_found', `${name} at ${client.base} has no version ${wanted}. ${newest}`, {
      cause: error,
    });
  }
  return versionOf(row, model, (await runsOf(client, [row])).get(row.run_id));
}

/** The bundle of a version, to be imported. @throws DeliveryError of code `refused` where it holds none */
export async function downloadBundle(client: MlflowClient, { name, version }: ModelVersion): Promise<File> {
  const schema = v.object({ artifact_uri: v.string() });
  const input = { name, version };
  const { artifact_uri: uri } = await client.call(
    'looking for the files',
    'GET',
    'model-versions/get-download-uri',
    input,
    schema,
  );
  const described = await readMlmodel(await (await client.getArtifact(uri, 'MLmodel', 1e6)).text());
  if (!described) {
    throw new DeliveryError(
      'refused',
      `${name}, version ${version}, was not made by Lathe: it has no bundle to open. Choose another version.`,
    );
  }
  const blob = await client.getArtifact(uri, described.bundle, described.bytes ?? undefined);
  return new File([blob], `${slug(`${name}-v${version}`)}.zip`, { type: 'application/zip' });
}

async function getModel(client: MlflowClient, name: string): Promise<RegisteredModel> {
  const schema = v.object({ registered_model: modelSchema });
  try {
    const { registered_model: row } = await client.call(
      'looking for the model',
      'GET',
      'registered-models/get',
      { name },
      schema,
    );
    return modelOf(row);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new DeliveryError('not_found', `There is no registered model ${name} at ${client.base}. Check its name.`, {
      cause: error,
    });
  }
}

/** Versions that a filter of MLflow's finds. @throws DeliveryError */
export async function searchVersions(client: MlflowClient, filter: string): Promise<VersionRow[]> {
  const schema = v.object({ model_versions: v.optional(v.array(versionSchema), []), next_page_token: text });
  const rows: VersionRow[] = [];
  for (let token = ''; ;) {
    const input = { filter, max_results: PAGE, page_token: token || undefined };
    const page = await client.call('listing versions', 'GET', 'model-versions/search', input, schema);
    rows.push(...page.model_versions);
    token = page.next_page_token;
    if (token === '') return rows;
  }
}

/** The runs that versions came from, by id; those that are gone are left out. */
async function runsOf(client: MlflowClient, rows: readonly VersionRow[]): Promise<Map<string, MlflowRun>> {
  const ids = [...new Set(rows.map(({ run_id: id }) => id))].filter((id) => id !== '');
  const runs = new Map<string, MlflowRun>();
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    await Promise.all(
      ids.slice(i, i + AT_ONCE).map(async (id) => {
        try {
          runs.set(id, await client.getRun(id));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }),
    );
  }
  return runs;
}

function modelOf(row: v.InferOutput<typeof modelSchema>): RegisteredModel {
  const versions = row.latest_versions.map(({ version }) => Number(version));
  return {
    name: row.name,
    description: row.description,
    tags: row.tags,
    aliases: Object.fromEntries(row.aliases.map(({ alias, version }) => [alias, version])),
    latest: versions.length > 0 ? String(Math.max(...versions)) : null,
    updated: row.last_updated_timestamp,
  };
}

function versionOf(row: VersionRow, model: RegisteredModel, run: MlflowRun | undefined): ModelVersion {
  const { name, version, description, tags, run_id: id, creation_timestamp: created } = row;
  return {
    name,
    version,
    aliases: Object.keys(model.aliases).filter((alias) => model.aliases[alias] === version),
    description,
    tags,
    run_id: id === '' ? null : id,
    metrics: Object.fromEntries((run?.data.metrics ?? []).map(({ key, value }) => [key, value])),
    params: run?.data.params ?? {},
    dataset: datasetOf(tags['lathe.dataset_hash'] === undefined ? (run?.data.tags ?? {}) : tags),
    created,
    opens: RUN_ID_TAG in tags || (run !== undefined && RUN_ID_TAG in run.data.tags && MODELS_TAG in run.data.tags),
  };
}

/** What the tags of a version, or of its run, say of the data. */
function datasetOf(tags: Record<string, string>): ModelVersion['dataset'] {
  const { 'lathe.dataset': name, 'lathe.dataset_hash': hash } = tags as Partial<Record<string, string>>;
  return hash === undefined ? null : { name: name ?? '', hash };
}
