/**
 * Tells users what becomes of their runs: events go into the engine of `tracking/notify`, what comes out goes to the browser
 * and to webhooks. Of all tabs one does so, which holds a Web Lock; when it is closed the next one goes on.
 */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import { appendLog } from '../store/logs';
import { ownRuns } from '../store/runs';
import { START, watch, type WatchInput } from '../tracking/notify/engine';
import { Outside } from '../tracking/http/outside';
import { titleOf, type RunNotification } from '../tracking/notify/notification';
import { sendToWebhook, type Webhook } from '../tracking/notify/webhook';
import type { NotificationTest, Workbench, WorkbenchEvent } from './api';
import type { EventHub } from './events';
import { changeKept, readKept, shown } from './notification-settings';

const LOCK = 'lathe:notify';

/** How often stalled runs are looked for. */
const TICK_MS = 20_000;

const THIS_BROWSER = 'This browser';

/** The commands of the workbench. */
export function notificationCommands(): Workbench['notifications'] {
  return {
    settings: async () => shown(readKept()),
    configure: async (change) => shown(changeKept(change)),
    test: testAll,
  };
}

/** Watches all runs from now on, while this tab is the one that does. */
export function watchRuns(database: Database, hub: EventHub): void {
  void navigator.locks.request(LOCK, async () => {
    const watcher = new Watcher(database);
    for (const row of await ownRuns(database)) {
      if (row.status === 'running' && row.deleted_at === null) watcher.take({ type: 'row', row, now: Date.now() });
    }
    hub.subscribe((event) => watcher.hear(event));
    setInterval(() => watcher.take({ type: 'tick', now: Date.now() }), TICK_MS);
    // Held until the tab is closed.
    await new Promise(() => undefined);
  });
}

/** Hands what happens to the engine, in order, and what it says on. */
class Watcher {
  readonly #database: Database;
  #state = START;
  /** Rows are read one after another, so that none overtakes a newer one. */
  #reading: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  hear(event: WorkbenchEvent): void {
    const now = Date.now();
    switch (event.type) {
      case 'changed':
        if (event.noun === 'run') this.#read(event.id, false);
        return;
      case 'started':
        this.take({ type: 'training', event, now });
        this.#read(event.run_id, true);
        return;
      case 'ended':
        this.#read(event.run_id, false);
        return;
      case 'progress':
      case 'evaluated':
      case 'checkpoint':
        this.take({ type: 'training', event, now });
        return;
      case 'resumed':
        this.take({ type: 'resumed', run_id: event.run_id, name: event.name, step: event.step, now });
        return;
      default:
    }
  }

  take(input: WatchInput): void {
    const { state, notifications } = watch(this.#state, input, readKept());
    this.#state = state;
    for (const notification of notifications) void this.#tell(notification);
  }

  /** Looks at a run's row. `starts`: it was under way a moment ago, also where it has ended by now. */
  #read(id: string, starts: boolean): void {
    this.#reading = this.#reading
      .then(async () => {
        const row = await this.#database.get('runs', id);
        if (!row) return;
        const now = Date.now();
        if (starts) this.take({ type: 'row', row: { ...row, status: 'running' }, now });
        this.take({ type: 'row', row, now });
      })
      // A database that cannot be read is said elsewhere; the next event reads again.
      .catch(() => undefined);
  }

  /** What could not be told stands in the run's log. */
  async #tell(notification: RunNotification): Promise<void> {
    const results = await tellAll(notification);
    for (const { place, problem } of results) {
      if (problem === null) continue;
      const message = `${place} was not told that the run ${titleOf(notification, '').trim()}: ${problem}`;
      await appendLog(this.#database, notification.run.id, 'warning', message).catch(() => undefined);
    }
  }
}

/** Tells every place that is switched on. */
async function tellAll(notification: RunNotification, attempts?: number): Promise<NotificationTest[]> {
  const { browser, webhooks } = readKept();
  const { webhooks: labels } = shown(readKept());
  const places = webhooks.map((webhook, index) => ({
    place: labels[index].label,
    told: sendToWebhook(outsideOf(webhook), webhook, notification, { attempts }),
  }));
  if (browser) places.unshift({ place: THIS_BROWSER, told: showInBrowser(notification) });
  return Promise.all(
    places.map(async ({ place, told }) => ({
      place,
      problem: await told.then(
        () => null,
        (thrown: unknown) => LatheError.from(thrown).message,
      ),
    })),
  );
}

/** The way to a webhook: giving its address is allowing it, and the address is its only credential. */
const outsideOf = ({ url }: Webhook): Outside =>
  new Outside([{ origin: new URL(url).origin, credential: null, allowed_at: 0 }]);

/** @throws LatheError of kind `tracking` where the browser may not, or cannot, show any */
async function showInBrowser(notification: RunNotification): Promise<void> {
  if (!('Notification' in globalThis)) {
    throw new LatheError('tracking', 'This browser has no notifications.');
  }
  if (Notification.permission !== 'granted') {
    throw new LatheError(
      'tracking',
      'The browser does not allow this page to show notifications. Allow them beside its address.',
    );
  }
  const { kind, run, text } = notification;
  // A newer one of the same kind takes the place of the older.
  const options = { body: text, tag: `lathe:${run.id}:${kind}`, icon: 'icons/lathe-192.png' };
  try {
    const shownOne = new Notification(titleOf(notification), options);
    shownOne.onclick = () => {
      window.focus();
      if (run.id !== TEST.id) location.hash = `#/runs/${encodeURIComponent(run.id)}`;
      shownOne.close();
    };
  } catch (cause) {
    // Browsers of phones show those of service workers only.
    const registration = await navigator.serviceWorker?.getRegistration();
    if (!registration) throw new LatheError('tracking', 'This browser shows no notifications.', {}, [], { cause });
    await registration.showNotification(titleOf(notification), options);
  }
}

const TEST = { id: 'test', name: 'A test', status: 'finished', epoch: 1, step: 100 } as const;

/** Tried once, so that the answer comes soon. */
function testAll(): Promise<NotificationTest[]> {
  const text = 'Lathe sends its notifications here.';
  return tellAll({ kind: 'finished', run: TEST, text, metrics: { val_loss: 0.25 }, at: Date.now() }, 1);
}
