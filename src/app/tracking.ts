/** Commands on tracking: where runs are sent, and how far that is. The sync worker does the sending. */
import { LatheError } from '../base/errors';
import { expose, transfer, type Remote } from '../base/rpc';
import type { Database } from '../store/database';
import { allDeliveries, allDestinations, beginDelivery, deliveriesOf, keepDestination } from '../store/deliveries';
import type { Destination, Subject } from '../store/delivery';
import type { ModelRef } from '../store/schema';
import type { SyncApi, SyncEvent, SyncHost } from '../tracking/api';
import type { ExportedFile, PendingByTracker, Workbench, WorkbenchEvent } from './api';
import { destinationsOf, enlist } from './enlist';
import type { EventHub } from './events';
import { readTrackingSettings, writeTrackingSettings } from './tracking-settings';
import { startSyncWorker } from './workers';

/** Milliseconds between two looks at whether a run has arrived everywhere. */
const SETTLING_MS = 200;

/** What tracking needs of the workbench. */
export interface TrackingHost {
  database: Database;
  hub: EventHub;
  /** Driven by the command line: nothing goes on by itself. */
  driven: boolean;
  exportBundle: (model: ModelRef) => Promise<ExportedFile>;
  stopRun: (id: string) => Promise<void>;
}

/** Sends runs, and says how far that is. */
export class Tracking {
  readonly #host: TrackingHost;
  #worker: Promise<Remote<SyncApi>> | null = null;
  /** Runs and studies whose deliveries have begun, or that have none. */
  readonly #enlisted = new Map<string, boolean>();

  constructor(host: TrackingHost) {
    this.#host = host;
    host.hub.subscribe((event) => void this.#follow(event));
    if (host.driven) return;
    window.addEventListener('online', () => void this.wakeAll());
    void this.#goOn();
  }

  /** The worker, started where it was not needed before. */
  worker(): Promise<Remote<SyncApi>> {
    this.#worker ??= this.#start();
    return this.#worker;
  }

  /** Has everything that waits tried again now. */
  async wakeAll(): Promise<void> {
    if (this.#worker) await (await this.#worker).wake(undefined, { now: true });
  }

  /** Begins what is to be delivered of something, and has it looked at. Resolves to whether there is anything. */
  async enlist(subject: Subject, how = { now: false }): Promise<boolean> {
    const rows = await enlist(this.#host.database, subject);
    this.#enlisted.set(`${subject.noun} ${subject.id}`, rows.length > 0);
    if (rows.length > 0) await (await this.worker()).wake(subject, how);
    return rows.length > 0;
  }

  /** What of a run or study (null: of everything) waits: by kind of tracker. */
  async pending(subject: Subject | null): Promise<PendingByTracker> {
    const { database } = this.#host;
    const pending: PendingByTracker = {};
    const rows = subject ? await deliveriesOf(database, subject) : await allDeliveries(database);
    for (const { destination, state, pending: waiting } of rows) {
      // Its end is told last of all.
      const count = state === 'done' ? 0 : Math.max(1, waiting);
      pending[destination.kind] = { pending: (pending[destination.kind]?.pending ?? 0) + count };
    }
    return pending;
  }

  /** Goes on with what waited when the page was closed. */
  async #goOn(): Promise<void> {
    const waits = (await allDeliveries(this.#host.database)).some(({ state }) => state !== 'done');
    if (waits) await this.worker();
  }

  async #start(): Promise<Remote<SyncApi>> {
    const worker = startSyncWorker();
    const [events, hosting] = [new MessageChannel(), new MessageChannel()];
    events.port1.onmessage = ({ data }: MessageEvent<SyncEvent>) => this.#heard(data);
    const host: SyncHost = {
      exportBundle: async (model) => (await this.#host.exportBundle(model)).blob,
    };
    expose(host, hosting.port1);
    await worker.start(
      transfer(events.port2, [events.port2]),
      transfer(hosting.port2, [hosting.port2]),
      readTrackingSettings(),
    );
    return worker;
  }

  #heard(event: SyncEvent): void {
    if (event.type === 'delivery') this.#host.hub.emit(event);
    // It may have ended by itself at this very moment.
    else void this.#host.stopRun(event.run_id).catch(() => undefined);
  }

  /** What happens in the workbench: something to send begins, or goes on. */
  async #follow(event: WorkbenchEvent): Promise<void> {
    if (event.type === 'started') return void (await this.enlist({ noun: 'run', id: event.run_id }));
    if (event.type === 'trial') {
      // A trial that another browser trained comes as a whole.
      for (const id of event.trial.run_ids) await this.#news({ noun: 'run', id });
      return;
    }
    if (event.type !== 'changed' || (event.noun !== 'run' && event.noun !== 'study')) return;
    if (event.noun === 'run' && !this.#enlisted.has(`run ${event.id}`)) return;
    await this.#news({ noun: event.noun, id: event.id });
  }

  async #news(subject: Subject): Promise<void> {
    const known = this.#enlisted.get(`${subject.noun} ${subject.id}`);
    if (known === undefined) return void (await this.enlist(subject));
    if (known) await (await this.worker()).wake(subject);
  }
}

/** The tracking commands of the workbench. */
export function trackingCommands(tracking: Tracking, { database, hub }: TrackingHost): Workbench['tracking'] {
  const load = () => import('../tracking/check-destination');

  const allow: Workbench['tracking']['allow'] = async (origin, credential) => {
    if (!URL.canParse(origin) || !/^https?:/.test(new URL(origin).protocol)) {
      throw new LatheError('config', `${origin} is no http(s) address.`);
    }
    const { origin: key } = new URL(origin);
    const known = await database.get('servers', key);
    await database.put('servers', {
      origin: key,
      allowed_at: known?.allowed_at ?? Date.now(),
      credential: credential === undefined ? (known?.credential ?? null) : credential,
    });
    await tracking.wakeAll();
  };

  const checked = async (given: Destination): Promise<{ destination: Destination; origins: string[] }> =>
    (await load()).parseDestination(given);

  return {
    async trackers() {
      const { TRACKERS } = await import('../tracking/registry');
      return TRACKERS.map(({ kind, title, fields, credentials }) => ({ kind, title, fields, credentials }));
    },
    settings: async () => readTrackingSettings(),
    async configure(change) {
      const settings = writeTrackingSettings(change);
      await (await tracking.worker()).configure(settings);
      return settings;
    },
    destinations: () => allDestinations(database),
    async keep(given, { every_run }) {
      const { destination, origins } = await checked(given);
      for (const origin of origins) await allow(origin);
      return keepDestination(database, destination, every_run);
    },
    forget: (id) => database.delete('destinations', id),
    origins: async (given) => (await checked(given)).origins,
    async chooseFolder() {
      const { chooseFolder } = await import('./folders');
      const folder = await chooseFolder(database);
      return folder && { kind: 'tensorboard', options: { folder: folder.id, name: folder.name } };
    },
    async servers() {
      return (await database.getAll('servers')).map(({ origin, allowed_at, credential }) => ({
        origin,
        allowed_at,
        credential: credential?.scheme ?? null,
      }));
    },
    allow,
    async disallow(origin) {
      await database.delete('servers', origin);
      await tracking.wakeAll();
    },
    check: async (destination) => (await tracking.worker()).check(destination),
    deliveries: (subject) => (subject ? deliveriesOf(database, subject) : allDeliveries(database)),
    async send(subject, given) {
      const { destination } = await checked(given);
      const delivery = await beginDelivery(database, destination, subject);
      hub.emit({ type: 'delivery', delivery });
      await tracking.enlist(subject, { now: true });
      return delivery;
    },
    async retry(id) {
      const row = id === undefined ? undefined : await database.get('deliveries', id);
      const subject: Subject | undefined = row && { noun: row.noun, id: row.subject };
      await (await tracking.worker()).wake(subject, { now: true });
    },
    async cancel(id) {
      await database.delete('deliveries', id);
      await (await tracking.worker()).forget(id);
      hub.emit({ type: 'delivery_removed', id });
    },
    async trust(config, credentials) {
      for (const given of await destinationsOf(config)) {
        const { destination, origins } = await checked(given);
        for (const origin of origins) await allow(origin, credentials[destination.kind]);
      }
    },
    async settled(runId, timeoutMs) {
      const end = Date.now() + timeoutMs;
      const subject: Subject | null = runId === null ? null : { noun: 'run', id: runId };
      if (subject) await tracking.enlist(subject);
      else await (await tracking.worker()).wake(undefined, { now: true });
      for (;;) {
        const pending = await tracking.pending(subject);
        if (Object.values(pending).every((one) => one.pending === 0) || Date.now() >= end) return pending;
        await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
      }
    },
  };
}
