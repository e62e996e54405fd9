/** Commands on registered models, of this browser and of MLflow servers, and the runs whose configs say to register them. */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import { beginDelivery } from '../store/deliveries';
import type { Destination } from '../store/delivery';
import { appendLog } from '../store/logs';
import { ownRuns } from '../store/runs';
import { UNFINISHED, type ModelRef, type RunRow } from '../store/schema';
import type { ModelImporter, Workbench } from './api';
import type { CollectCheckpoint } from './checkpoint-collector';
import type { EventHub } from './events';
import type { Tracking } from './tracking';

/** Milliseconds between two looks at whether a run has arrived. */
const ARRIVING_MS = 200;

/** What is asked of the registry's own code, which is loaded when it is needed. */
const local = async () => {
  const [read, change, register] = await Promise.all([
    import('../registry/read'),
    import('../registry/change'),
    import('../registry/register'),
  ]);
  return { ...read, ...change, ...register };
};

/** Most runs are never registered, or were long ago: for them no code is loaded. */
const mayRegister = ({ config, registered_at }: RunRow): boolean =>
  config.registry.mlflow.tracking_uri === 'local' && registered_at === undefined;

/** Registers the models of runs that end, where their configs say so. */
export class EndedRuns {
  readonly #database: Database;
  readonly #hub: EventHub;
  #caughtUp: Promise<void> | null = null;

  constructor(database: Database, hub: EventHub) {
    this.#database = database;
    this.#hub = hub;
    hub.subscribe((event) => {
      if (event.type === 'ended') void this.register(event.run_id);
    });
  }

  /**
   * Registers the model of a run that has ended, if its config says so and it is not registered yet. What fails is said in the
   * run's log, and is tried again when the page is opened the next time.
   */
  async register(runId: string): Promise<void> {
    const run = await this.#database.get('runs', runId);
    if (!run || !mayRegister(run)) return;
    try {
      const made = await (await local()).registerFinished(this.#database, runId);
      if (!made) return;
      this.#hub.emit({ type: 'changed', noun: 'registered_model', id: made.name });
      await appendLog(this.#database, runId, 'info', `Its model is version ${made.version} of ${made.name}.`);
    } catch (thrown) {
      const error = LatheError.from(thrown, 'storage');
      if (error.kind === 'storage') this.#hub.emit({ type: 'storage_full', full: true });
      const line = `The model could not be registered: ${error.message}`;
      // A disk that is full takes no line either; that it is full was just said.
      await appendLog(this.#database, runId, 'warning', line).catch(() => undefined);
    }
  }

  /** Registers what ended while no page was there to do it. */
  catchUp(): Promise<void> {
    this.#caughtUp ??= this.#catchUp();
    return this.#caughtUp;
  }

  async #catchUp(): Promise<void> {
    const runs = (await ownRuns(this.#database)).filter(mayRegister).reverse();
    for (const { id } of runs) await this.register(id);
  }
}

/** What the registry needs of the workbench. */
export interface RegistryHost {
  database: Database;
  hub: EventHub;
  ended: EndedRuns;
  tracking: Tracking;
  importModel: ModelImporter;
  collect: CollectCheckpoint;
}

/** The registry commands of the workbench. */
export function registryCommands({
  database,
  hub,
  ended,
  tracking,
  importModel,
  collect,
}: RegistryHost): Workbench['registry'] {
  const here = async () => {
    await ended.catchUp();
    return local();
  };
  const server = async (given: Destination) => {
    const { parseDestination } = await import('../tracking/check-destination');
    return { destination: parseDestination(given).destination, worker: await tracking.worker() };
  };
  const changed = (model: string): void => hub.emit({ type: 'changed', noun: 'registered_model', id: model });

  /** The model is taken from the run there: all of it has to be there first. */
  const registerAt = async (
    given: Destination,
    ref: ModelRef,
    as: Parameters<Workbench['registry']['register']>[2],
  ): ReturnType<Workbench['registry']['register']> => {
    if (!('run_id' in ref)) {
      throw new LatheError(
        'usage',
        'Only the model of a run can be registered at a server: it is sent with its run. Register this one in this browser.',
      );
    }
    const { destination, worker } = await server(given);
    const { id } = await beginDelivery(database, destination, { noun: 'run', id: ref.run_id });
    await tracking.enlist({ noun: 'run', id: ref.run_id }, { now: true });
    await arrival(database, id);
    return worker.registerVersion(id, as);
  };

  return {
    async models(where) {
      if (where === 'local') return (await here()).listModels(database);
      const { destination, worker } = await server(where);
      return worker.remoteModels(destination);
    },
    async versions(where, model) {
      if (where === 'local') return (await here()).listVersions(database, model);
      const { destination, worker } = await server(where);
      return worker.remoteVersions(destination, model);
    },
    version: async (model, version) => (await here()).findVersion(database, model, String(version)),
    async load(where, name, version) {
      if (where === 'local') {
        const { model, version: number } = await (await here()).findVersion(database, name, version);
        return { registered_model: model, version: number };
      }
      const { destination, worker } = await server(where);
      const { id } = await importModel(await worker.downloadVersion(destination, name, version));
      return { model_id: id };
    },
    async register(ref, where, as) {
      if (where !== 'local') return registerAt(where, ref, as);
      await collect(ref);
      const made = await (await here()).register(database, ref, as);
      changed(made.name);
      return made;
    },
    async setAlias(where, model, alias, version) {
      if (where === 'local') {
        await (await here()).setAlias(database, model, alias, version);
        return changed(model);
      }
      const { destination, worker } = await server(where);
      await worker.setRemoteAlias(destination, model, alias, version);
    },
    async removeAlias(where, model, alias) {
      if (where === 'local') {
        await (await here()).removeAlias(database, model, alias);
        return changed(model);
      }
      const { destination, worker } = await server(where);
      await worker.removeRemoteAlias(destination, model, alias);
    },
    async describe(where, model, version, change) {
      if (where === 'local') {
        await (await here()).describe(database, model, version, change);
        return changed(model);
      }
      const { destination, worker } = await server(where);
      await worker.describeRemote(destination, model, version, change);
    },
    async remove(model, version) {
      await (await here()).remove(database, model, version);
      changed(model);
    },
    async restore(model, version) {
      await (await here()).restore(database, model, version);
      changed(model);
    },
  };
}

/** Waits until a delivery is done. @throws LatheError of kind `tracking` with what is in the way */
async function arrival(database: Database, id: string): Promise<void> {
  const begun = Date.now();
  for (;;) {
    const row = await database.get('deliveries', id);
    if (row?.state === 'done') return;
    if (!row) throw new LatheError('tracking', 'The run is not sent there any more: its delivery was stopped.');
    if (row.error && row.error.at >= begun) throw new LatheError('tracking', row.error.message);
    const run = await database.get('runs', row.subject);
    if (run && UNFINISHED.includes(run.status)) {
      throw new LatheError('usage', `The run ${run.name} is ${run.status}: register its model once it has ended.`);
    }
    await new Promise((resolve) => setTimeout(resolve, ARRIVING_MS));
  }
}
