/** Where runs are sent, as the page knows it: deliveries, the destinations and servers that the user keeps, kinds of trackers. */
import { toast } from 'svelte-sonner';
import { SvelteMap } from 'svelte/reactivity';
import type { ServerInfo, TrackerInfo, Workbench, WorkbenchEvent } from '../../app/api';
import {
  destinationId,
  type Credential,
  type DeliveryRow,
  type DestinationRow,
  type Subject,
} from '../../store/delivery';
import type { ModelRef } from '../../store/schema';
import { destinationTitle, wantsPermission } from '../deliveries';
import { SYNC_HREF } from '../routes';
import { sayError, sayWithUndo } from './toasts';

/** What is sent, and where it can be sent. */
export class Tracking {
  /** By id; those that are done too. */
  readonly deliveries = new SvelteMap<string, DeliveryRow>();
  destinations = $state.raw<readonly DestinationRow[]>([]);
  servers = $state.raw<readonly ServerInfo[]>([]);
  trackers = $state.raw<readonly TrackerInfo[]>([]);
  /** Whether all of the above was read: an empty list is not yet an empty place. */
  loaded = $state(false);
  /** What is to be sent somewhere, which model is to be registered: overlays that only one place may open. */
  sending = $state.raw<Subject | null>(null);
  registering = $state.raw<ModelRef | null>(null);
  /** Those that have not arrived whole, oldest first. */
  readonly open: readonly DeliveryRow[] = $derived(
    [...this.deliveries.values()].filter(({ state }) => state !== 'done').sort((a, b) => a.created - b.created),
  );
  /** Destinations whose models can be looked at. */
  readonly registries: readonly DestinationRow[] = $derived(this.destinations.filter(({ kind }) => kind === 'mlflow'));
  #tracking: Workbench['tracking'];
  #loading: Promise<void> | null = null;

  constructor(workbench: Workbench) {
    this.#tracking = workbench.tracking;
  }

  /** Reads whether anything is sent from here at all, and if so, the rest. */
  async start(): Promise<void> {
    try {
      const [deliveries, destinations] = await Promise.all([
        this.#tracking.deliveries(),
        this.#tracking.destinations(),
      ]);
      if (deliveries.length + destinations.length > 0) await this.load();
    } catch (thrown) {
      sayError(thrown);
    }
  }

  /** Reads everything; called again, it reads again what another tab may have changed. */
  load(): Promise<void> {
    return (this.#loading = this.#read());
  }

  async #read(): Promise<void> {
    try {
      const [deliveries, destinations, servers, trackers] = await Promise.all([
        this.#tracking.deliveries(),
        this.#tracking.destinations(),
        this.#tracking.servers(),
        this.trackers.length > 0 ? this.trackers : this.#tracking.trackers(),
      ]);
      // An event that came meanwhile is newer.
      for (const row of deliveries) {
        const known = this.deliveries.get(row.id);
        if (!known || known.updated < row.updated) this.deliveries.set(row.id, row);
      }
      this.destinations = destinations;
      this.servers = servers;
      this.trackers = trackers;
      this.loaded = true;
    } catch (thrown) {
      sayError(thrown);
    }
  }

  /** Deliveries of a run or study, oldest first. */
  of({ noun, id }: Subject): DeliveryRow[] {
    return [...this.deliveries.values()]
      .filter((row) => row.noun === noun && row.subject === id)
      .sort((a, b) => a.created - b.created);
  }

  /** Puts a delivery in place that a command returned, before the event of its change arrives. */
  put(row: DeliveryRow): void {
    this.deliveries.set(row.id, row);
  }

  /** Keeps a destination. @throws LatheError that names the setting that is wrong */
  async keep(destination: Parameters<Workbench['tracking']['keep']>[0], everyRun: boolean): Promise<DestinationRow> {
    const row = await this.#tracking.keep(destination, { every_run: everyRun });
    const index = this.destinations.findIndex(({ id }) => id === row.id);
    this.destinations = index < 0 ? [...this.destinations, row] : this.destinations.with(index, row);
    this.servers = await this.#tracking.servers();
    return row;
  }

  /** Keeps a destination no longer, and offers to take it back. */
  async forget(destination: DestinationRow): Promise<void> {
    await this.#tracking.forget(destination.id);
    this.destinations = this.destinations.filter(({ id }) => id !== destination.id);
    sayWithUndo(`Removed ${destinationTitle(destination, this.trackers)}`, async () => {
      await this.keep({ kind: destination.kind, options: destination.options }, destination.every_run);
    });
  }

  /** Lets runs be sent to servers; what waited for just that is tried again. `credential`: undefined leaves what was kept. */
  async allow(origins: readonly string[], credential: Credential | null | undefined): Promise<void> {
    for (const origin of origins) await this.#tracking.allow(origin, credential);
    this.servers = await this.#tracking.servers();
    const blocked = this.open.filter(wantsPermission);
    // Many runs may have gone the same way.
    const ways = Object.fromEntries(blocked.map(({ destination }) => [destinationId(destination), destination]));
    for (const [id, destination] of Object.entries(ways)) {
      const needed = await this.#tracking.origins(destination);
      if (!needed.some((origin) => origins.includes(origin))) continue;
      for (const row of blocked) if (destinationId(row.destination) === id) await this.#tracking.retry(row.id);
    }
  }

  async disallow(origin: string): Promise<void> {
    await this.#tracking.disallow(origin);
    this.servers = this.servers.filter((server) => server.origin !== origin);
  }

  receive(event: WorkbenchEvent): void {
    if (event.type === 'delivery_removed') this.deliveries.delete(event.id);
    else if (event.type === 'delivery') {
      // The first of this visit: what its destination is called is not known yet.
      if (!this.#loading) void this.load();
      const before = this.deliveries.get(event.delivery.id);
      this.deliveries.set(event.delivery.id, event.delivery);
      if (event.delivery.state === 'blocked' && before?.state !== 'blocked') void this.#sayBlocked(event.delivery);
    }
  }

  async #sayBlocked({ destination, error }: DeliveryRow): Promise<void> {
    await this.#loading;
    toast.warning(`${destinationTitle(destination, this.trackers)} takes no runs now`, {
      // Many runs that are blocked by the same thing are one piece of news.
      id: `blocked ${destinationId(destination)}`,
      description: `${error?.message ?? ''} Nothing is lost.`.trim(),
      duration: 15_000,
      action: { label: 'Look', onClick: () => (location.hash = SYNC_HREF) },
    });
  }
}
