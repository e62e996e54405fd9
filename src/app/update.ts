/**
 * The page offline, and its updates. The service worker keeps the whole built page; a newer version is fetched in the
 * background and waits until the user accepts it. Accepting reloads every tab, so it is refused while a run trains.
 */
import { LatheError } from '../base/errors';
import { isDriven } from './driver';
import { RUN_LOCK_PREFIX } from './locks';

const CHECK_EVERY_MS = 60 * 60 * 1000;

/** Takes the waiting version. @throws LatheError of kind `usage` while a run trains in any tab. */
export type AcceptUpdate = () => Promise<void>;

/**
 * Registers the service worker and calls `onWaiting` whenever a new version has been fetched and waits. Does nothing in
 * development, where the command line drives the page, and in browsers without service workers.
 */
export function watchForUpdate(onWaiting: (accept: AcceptUpdate) => void): void {
  if (import.meta.env.DEV || isDriven() || !('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;

  // The very first worker takes over a page that is as new as itself: nothing to reload for.
  let controlled = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    if (controlled) location.reload();
    controlled = true;
  });

  const offer = (waiting: ServiceWorker): void =>
    onWaiting(async () => {
      await refuseWhileTraining();
      waiting.postMessage({ type: 'SKIP_WAITING' });
    });

  const register = async (): Promise<void> => {
    const registration = await serviceWorker.register('./sw.js');
    if (registration.waiting && serviceWorker.controller) offer(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const { installing } = registration;
      installing?.addEventListener('statechange', () => {
        // Without a controller this is the first visit, not an update.
        if (installing.state === 'installed' && serviceWorker.controller) offer(installing);
      });
    });
    // Offline there is nothing newer to be had; the next check will see.
    setInterval(() => void registration.update().catch(() => undefined), CHECK_EVERY_MS);
  };
  // Fetching the page a second time must not slow down its first start. Where it cannot be kept (private windows, full
  // disks), the page works on as a page that needs the network.
  const start = (): void => void register().catch((error: unknown) => reportError(LatheError.from(error, 'storage')));
  if (document.readyState === 'complete') start();
  else addEventListener('load', start, { once: true });
}

async function refuseWhileTraining(): Promise<void> {
  const { held = [] } = await navigator.locks.query();
  if (!held.some((lock) => lock.name?.startsWith(RUN_LOCK_PREFIX))) return;
  throw new LatheError(
    'usage',
    'A run is training. Pause it or let it end, then update: the page is reloaded for that.',
  );
}
