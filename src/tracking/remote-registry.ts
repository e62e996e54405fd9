/** The registered models of an MLflow server, as the page asks for them. */
import * as v from 'valibot';
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import type { Destination } from '../store/delivery';
import type { SyncApi } from './api';
import { parseDestination, trackingError } from './check-destination';
import { openOutside } from './http/outside';
import { trackedRun } from './outbox/subject';
import { MlflowClient } from './trackers/mlflow/client';
import { downloadBundle, findVersion, listModels, listVersions } from './trackers/mlflow/registry';
import { describe, registerVersion, removeAlias, setAlias } from './trackers/mlflow/registry-changes';
import { stateSchema } from './trackers/mlflow/remote-run';
import { versionTags } from './trackers/mlflow/version-tags';

type RegistryApi = Pick<
  SyncApi,
  | 'remoteModels'
  | 'remoteVersions'
  | 'downloadVersion'
  | 'registerVersion'
  | 'setRemoteAlias'
  | 'removeRemoteAlias'
  | 'describeRemote'
>;

/** Commands on the registry of a server. @param author who trains, as the user says */
export function registryCommands(open: Promise<Database>, author: () => string | null): RegistryApi {
  const client = async (given: Destination): Promise<MlflowClient> => {
    const { destination, origins } = parseDestination(given);
    const { url } = destination.options;
    if (destination.kind !== 'mlflow' || typeof url !== 'string') {
      throw new LatheError('usage', 'Only MLflow servers have registered models.');
    }
    return new MlflowClient(url, await openOutside(await open, origins));
  };
  return {
    remoteModels: (destination) => told(async () => listModels(await client(destination))),
    remoteVersions: (destination, model) => told(async () => listVersions(await client(destination), model)),
    downloadVersion: (destination, model, version) =>
      told(async () => {
        const server = await client(destination);
        return downloadBundle(server, await findVersion(server, model, version));
      }),
    registerVersion: (deliveryId, as) =>
      told(async () => {
        const database = await open;
        const row = await database.get('deliveries', deliveryId);
        const run = row && (await trackedRun(database, { noun: row.noun, id: row.subject }, author()));
        const state = v.safeParse(stateSchema, row?.remote);
        if (!run || !state.success)
          throw new LatheError('tracking', 'The run is not at this server. Send it there first.');
        const server = await client(row.destination);
        const made = await registerVersion(server, {
          model: as.model,
          alias: as.alias,
          run_id: state.output.run,
          artifacts: state.output.artifacts,
          description: as.description ?? run.notes,
          tags: await versionTags(run),
          group: run.group?.role === 'peer' ? run.group.id : null,
        });
        // One that was there already keeps what others gave it, unless it is asked for now.
        const { model, alias, description } = as;
        const { version, aliases } = made;
        if (alias !== null && !aliases.includes(alias)) await setAlias(server, model, alias, version);
        if (description !== undefined && description !== made.description) {
          await describe(server, model, version, { description });
        }
        return findVersion(server, model, version);
      }),
    setRemoteAlias: (destination, model, alias, version) =>
      told(async () => setAlias(await client(destination), model, alias, version)),
    removeRemoteAlias: (destination, model, alias) =>
      told(async () => removeAlias(await client(destination), model, alias)),
    describeRemote: (destination, model, version, change) =>
      told(async () => describe(await client(destination), model, version, change)),
  };
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw trackingError(error);
  }
}
