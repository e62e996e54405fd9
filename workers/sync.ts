/** The worker that sends runs to trackers. */
import { connect, expose } from '../src/base/rpc';
import { openDatabase } from '../src/store/database';
import type { SyncApi, SyncEvent, SyncHost, SyncSettings } from '../src/tracking/api';
import { checkDestination } from '../src/tracking/check-destination';
import { Outbox } from '../src/tracking/outbox/outbox';
import { trackerOf } from '../src/tracking/registry';
import { registryCommands } from '../src/tracking/remote-registry';

const database = openDatabase();
let settings: SyncSettings = { author: null };
let outbox: Outbox | null = null;

const api: SyncApi = {
  async start(events, hostPort, given) {
    settings = given;
    const host = connect<SyncHost>(hostPort);
    const tell = (event: SyncEvent): void => events.postMessage(event);
    outbox = new Outbox(
      {
        database: await database,
        trackerOf,
        exportBundle: async (model) => host.exportBundle(model),
        author: () => settings.author,
      },
      {
        delivery: (delivery) => tell({ type: 'delivery', delivery }),
        stop: (run_id) => tell({ type: 'stop', run_id }),
      },
    );
    void outbox.run();
  },
  async configure(given) {
    settings = given;
  },
  wake: async (subject, how) => outbox?.wake(subject, how),
  async forget(deliveryId) {
    outbox?.forget(deliveryId);
  },
  ...registryCommands(database, () => settings.author),
  check: async (destination) => checkDestination(await database, destination),
};

database.catch(() => undefined);
expose(api);
