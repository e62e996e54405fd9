/** Deliveries and destinations in words: where they go, how far they are, and what is in the way. */
import type { TrackerInfo } from '../app/api';
import type { DeliveryErrorCode, DeliveryRow, DeliveryState, Destination } from '../store/delivery';
import type { StateLook } from './charts/marks';
import { formatBytes, formatDuration, plural } from './format';

/** How each state looks. */
export const DELIVERY_LOOKS: Record<DeliveryState, StateLook> = {
  waiting: { word: 'waiting', shape: 'ring', color: 'var(--ink-3)' },
  sending: { word: 'sending', shape: 'disc', color: 'var(--accent-text)' },
  blocked: { word: 'blocked', shape: 'cross', color: 'var(--bad)' },
  done: { word: 'all there', shape: 'disc', color: 'var(--good)' },
};

/** What the server has to be allowed, or given, before anything can be sent to it. */
const WANTS_PERMISSION: readonly DeliveryErrorCode[] = ['not_allowed', 'unauthorized', 'forbidden'];

/** Whether the user mends a delivery by allowing its server, or by giving a key for it. */
export const wantsPermission = ({ state, error }: DeliveryRow): boolean =>
  state === 'blocked' && error !== null && WANTS_PERMISSION.includes(error.code);

/** The setting that is an address; null: the destination is on this machine. */
function addressOf({ options }: Destination): { key: string; url: URL } | null {
  for (const [key, value] of Object.entries(options)) {
    if (typeof value === 'string' && /^https?:/i.test(value) && URL.canParse(value))
      return { key, url: new URL(value) };
  }
  return null;
}

/** The address of a destination without what goes without saying: `mlflow.example.org:5000`, `localhost:5000/team`. */
export function placeOf(destination: Destination): string {
  const address = addressOf(destination);
  if (address) return `${address.url.host}${address.url.pathname.replace(/\/$/, '')}`;
  const { name, folder } = destination.options;
  return typeof name === 'string' ? name : typeof folder === 'string' ? 'a folder on this machine' : 'this machine';
}

/** The name of a kind of tracker; of one that is not known here, the kind itself. */
export const titleOf = (kind: string, trackers: readonly TrackerInfo[]): string =>
  trackers.find((tracker) => tracker.kind === kind)?.title ?? kind;

/** `MLflow at localhost:5000` */
export const destinationTitle = (destination: Destination, trackers: readonly TrackerInfo[]): string =>
  `${titleOf(destination.kind, trackers)} at ${placeOf(destination)}`;

/** What a destination says beside its address: project, experiment, job. */
export function settingsOf(destination: Destination, trackers: readonly TrackerInfo[]): string[] {
  const address = addressOf(destination)?.key;
  const fields = trackers.find(({ kind }) => kind === destination.kind)?.fields ?? [];
  return fields.flatMap(({ key, label }) => {
    const value = destination.options[key];
    if (key === address || key === 'folder' || typeof value === 'object' || value === undefined || value === '')
      return [];
    return [`${label} ${String(value)}`];
  });
}

/** What has arrived, in words: `12,000 points, 40 lines, 3 files, 1.2 MB`. */
export function sentInWords({ sent }: DeliveryRow): string {
  const parts = [
    sent.points > 0 && plural(sent.points, 'point'),
    sent.lines > 0 && plural(sent.lines, 'line'),
    sent.media > 0 && plural(sent.media, 'media item'),
    sent.files > 0 && plural(sent.files, 'file'),
    sent.bytes > 0 && formatBytes(sent.bytes),
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(', ') : 'nothing yet';
}

/** When a delivery that failed is tried again: `in 12 s`; null where that is not waited for. */
export function nextAttemptInWords({ state, next_attempt: next }: DeliveryRow, now: number): string | null {
  if (state !== 'waiting' || next === null) return null;
  const seconds = Math.ceil((next - now) / 1000);
  return seconds > 0 ? `in ${formatDuration(seconds)}` : 'now';
}
