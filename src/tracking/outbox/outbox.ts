/**
 * The outbox: brings runs to where they are sent. One tab at a time does it, whoever holds the lock; the others wait, and take
 * over when that tab closes. Destinations do not wait for each other; deliveries to the same one take turns.
 */
import { LatheError } from '../../base/errors';
import { allDeliveries, deliveriesOf } from '../../store/deliveries';
import { destinationId, type DeliveryRow, type Subject } from '../../store/delivery';
import { Cancelled, DeliveryRun, type DeliveryHost } from './delivery-run';
import { goesOn } from './subject';

/** Name of the lock that the tab that sends holds. */
const LOCK = 'lathe:outbox';

/** Milliseconds that a delivery may send on before it is another one's turn. */
const TURN_MS = 2_000;

/**
 * Milliseconds between two turns of a delivery while what it delivers goes on. Each turn costs the same, however few points
 * have come; whoever watches elsewhere looks no more often than this.
 */
const PACE_MS = 5_000;

/** Milliseconds between two looks at runs that train, where nobody says that something is new. */
const LOOK_MS = 10_000;

/** Milliseconds between two reports of the same delivery while it only goes on. */
const REPORT_MS = 250;

/** What the outbox tells. */
export interface OutboxEvents {
  delivery(row: DeliveryRow): void;
  stop(runId: string): void;
}

/** Deliveries to one destination, one after another. */
interface Lane {
  running: Promise<void> | null;
  /** Ids of deliveries that are to have a turn. */
  queue: Set<string>;
}

/** Everything that waits to be sent from this browser. */
export class Outbox {
  readonly #host: DeliveryHost;
  readonly #events: OutboxEvents;
  readonly #runs = new Map<string, DeliveryRun>();
  /** When the last turn of each was over, and when it was counted last. */
  readonly #visited = new Map<string, number>();
  readonly #counted = new Map<string, number>();
  readonly #lanes = new Map<string, Lane>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #reports = new Map<string, ReturnType<typeof setTimeout>>();
  #holds = false;

  constructor(host: Omit<DeliveryHost, 'changed' | 'stop'>, events: OutboxEvents) {
    this.#events = events;
    this.#host = {
      ...host,
      changed: (row) => this.#report(row),
      stop: (runId) => events.stop(runId),
    };
  }

  /** Waits for the lock, then sends what waits; never settles while this tab lives. */
  async run(): Promise<never> {
    return navigator.locks.request(LOCK, async () => {
      this.#holds = true;
      await this.wake();
      return new Promise<never>(() => undefined);
    });
  }

  /** Something is new: of this run or study, or, without one, of anything. `now`: what failed is tried at once, too. */
  async wake(subject?: Subject, { now = false } = {}): Promise<void> {
    if (!this.#holds) return;
    const { database } = this.#host;
    // An end is told at once.
    const paced = subject !== undefined && !now && (await goesOn(database, subject));
    for (const row of await (subject ? deliveriesOf(database, subject) : allDeliveries(database))) {
      // What is done is looked at when something of it is new: tags, another sitting.
      if (row.state === 'done' && !subject) continue;
      if (now) this.#runs.get(row.id)?.forgetWay();
      const wait = now ? 0 : (row.next_attempt ?? 0) - Date.now();
      // What was deleted waits for ever, unless it is brought back.
      const due = Number.isFinite(wait) ? Math.max(0, wait) : subject ? 0 : Infinity;
      const restOf = (last: number | undefined): number => (paced ? (last ?? 0) + PACE_MS - Date.now() : 0);
      this.#schedule(row, Math.max(due, restOf(this.#visited.get(row.id))));
      if (subject && due > 0 && restOf(this.#counted.get(row.id)) <= 0) await this.#count(row);
    }
  }

  /** Counts what waits of a delivery whose turn has not come. */
  async #count(row: DeliveryRow): Promise<void> {
    this.#counted.set(row.id, Date.now());
    try {
      await this.#run(row).count();
    } catch (thrown) {
      this.#trouble(row, thrown);
    }
  }

  /** Ends what is done for a delivery that the user gave up. */
  forget(id: string): void {
    this.#unschedule(id);
    this.#runs.delete(id);
    this.#visited.delete(id);
    this.#counted.delete(id);
    for (const { queue } of this.#lanes.values()) queue.delete(id);
  }

  #schedule(row: DeliveryRow, wait: number): void {
    this.#unschedule(row.id);
    if (wait === Infinity) return;
    this.#timers.set(
      row.id,
      setTimeout(() => this.#enqueue(row), wait),
    );
  }

  #unschedule(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  #enqueue(row: DeliveryRow): void {
    this.#timers.delete(row.id);
    const name = destinationId(row.destination);
    const lane = this.#lanes.get(name) ?? { running: null, queue: new Set<string>() };
    this.#lanes.set(name, lane);
    lane.queue.add(row.id);
    lane.running ??= this.#drive(lane).finally(() => (lane.running = null));
  }

  async #drive(lane: Lane): Promise<void> {
    for (let [id] = lane.queue; id !== undefined; [id] = lane.queue) {
      lane.queue.delete(id);
      await this.#turn(id, lane);
    }
  }

  #run(row: DeliveryRow): DeliveryRun {
    const run = this.#runs.get(row.id) ?? new DeliveryRun(row, this.#host);
    this.#runs.set(row.id, run);
    return run;
  }

  async #turn(id: string, lane: Lane): Promise<void> {
    const row = await this.#host.database.get('deliveries', id);
    if (!row) return this.forget(id);
    const run = this.#run(row);
    const end = Date.now() + TURN_MS;
    let left = false;
    try {
      await run.turn(() => (left = Date.now() >= end));
    } catch (thrown) {
      this.#trouble(row, thrown);
      return;
    }
    this.#visited.set(id, Date.now());
    if (left) lane.queue.add(id);
    else if (run.row.state === 'done') this.#runs.delete(id);
    else this.#schedule(run.row, run.row.next_attempt === null ? LOOK_MS : run.row.next_attempt - Date.now());
  }

  /** The database is full, or gone: where a delivery stands cannot be written. It is told, and tried again later. */
  #trouble(row: DeliveryRow, thrown: unknown): void {
    if (thrown instanceof Cancelled) return this.forget(row.id);
    const { message } = LatheError.from(thrown);
    this.#events.delivery({ ...row, error: { code: 'local', message, at: Date.now() } });
    this.#schedule(row, LOOK_MS);
  }

  /** Tells of a change: at once where its state or error is another one, else now and then. */
  #report(row: DeliveryRow): void {
    const due = this.#reports.get(row.id);
    if (row.state === 'sending') {
      if (due === undefined) {
        this.#reports.set(
          row.id,
          setTimeout(() => {
            this.#reports.delete(row.id);
            const newest = this.#runs.get(row.id)?.row;
            if (newest) this.#events.delivery(newest);
          }, REPORT_MS),
        );
      }
      return;
    }
    clearTimeout(due);
    this.#reports.delete(row.id);
    this.#events.delivery(row);
  }
}
