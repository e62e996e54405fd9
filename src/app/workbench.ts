/**
 * The workbench: Lathe without a face. The page calls it, the command line drives it through `window.lathe`, and the
 * tests use it; one behaviour, three ways in. It opens the database, keeps runs training, and hands everything heavy to
 * workers.
 */
import { collectGarbage } from '../store/collect';
import { openDatabase, type Database } from '../store/database';
import type { Workbench } from './api';
import { datasetCommands, getDataset } from './datasets';
import { probeDevice, storageUse } from './device';
import { EventHub } from './events';
import { ifNobodyStores } from './locks';
import { checkpointCollector } from './checkpoint-collector';
import { notificationCommands, watchRuns } from './notifications';
import { bundleCommands, modelCommands, modelImporter } from './models';
import { lazyRooms, peerCommands } from './peers';
import { EndedRuns, registryCommands } from './registry';
import { runCommands } from './runs';
import { studyCommands } from './studies';
import { suggestConfig } from './suggest';
import { StudySupervisor } from './study-supervisor';
import { RunSupervisor } from './supervisor';
import { localExecutor } from './trial-executor';
import { Tracking, trackingCommands, type TrackingHost } from './tracking';
import { modelWorker } from './workers';

/** How the workbench is used. */
export interface WorkbenchOptions {
  /** Driven by the command line: resumes nothing by itself. */
  driven: boolean;
}

/**
 * Opens the workbench. Runs that were cut off go on at once, or when the tab that trains them closes.
 * @throws LatheError of kind `storage` when the database cannot be opened.
 */
export async function openWorkbench({ driven }: WorkbenchOptions): Promise<Workbench> {
  const hub = new EventHub();
  const database = await openDatabase({ outdated: () => hub.emitHere({ type: 'outdated' }) });
  const rooms = lazyRooms(database, hub, () => executor);
  const supervisor = new RunSupervisor(database, hub, rooms.sit);
  const executor = localExecutor(database, hub, supervisor);
  const studies = new StudySupervisor(database, hub, executor, rooms.sitInSearch);
  const importModel = modelImporter(hub);
  const ended = new EndedRuns(database, hub);
  const runs = runCommands(database, hub, supervisor, ended);
  const collect = checkpointCollector(database, rooms);
  const bundle = bundleCommands(importModel, collect);
  const tracked: TrackingHost = {
    database,
    hub,
    driven,
    exportBundle: (model) => bundle.export(model, 'bundle'),
    stopRun: (id) => runs.stop(id),
  };
  const tracking = new Tracking(tracked);

  if (!driven) {
    // Another tab that starts a run or a study may die: queue for it at once.
    hub.subscribe((event) => {
      if (event.type === 'started') supervisor.watch(event.run_id);
      else if (event.type === 'changed' && event.noun === 'study') studies.watch(event.id);
    });
    await supervisor.adopt();
    await studies.adopt();
    void ended.catchUp();
    scheduleCollection(database);
    watchRuns(database, hub);
  }

  return {
    subscribe: (listener) => hub.subscribe(listener),
    datasets: datasetCommands(database, hub, importModel),
    configs: {
      suggest: suggestConfig,
      fromYaml: async (source, file) => (await import('../config/yaml')).configFromYaml(source, file),
      toYaml: async (config) => (await import('../config/yaml')).configToYaml(config),
      summarize: async (config, datasetId) => {
        await getDataset(database, datasetId);
        return modelWorker().summarize(config, datasetId);
      },
    },
    runs,
    studies: studyCommands(database, hub, studies),
    models: modelCommands(database, hub, collect),
    bundle,
    peers: peerCommands(hub, rooms, runs),
    tracking: trackingCommands(tracking, tracked),
    registry: registryCommands({ database, hub, ended, tracking, importModel, collect }),
    notifications: notificationCommands(),
    device: { probe: probeDevice, storage: storageUse },
  };
}

/** Storage is tidied when the page has been quiet for a while after opening. */
function scheduleCollection(database: Database): void {
  setTimeout(() => {
    requestIdleCallback(() => void ifNobodyStores(() => collectGarbage(database)));
  }, 30_000);
}
