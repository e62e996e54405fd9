/** Tracking that lives in memory: destinations are kept, nothing is sent anywhere. */
import type { ServerInfo, Workbench } from '../../src/app/api';
import { LatheError } from '../../src/base/errors';
import {
  destinationId,
  newDelivery,
  type Credential,
  type DeliveryRow,
  type Destination,
  type DestinationRow,
} from '../../src/store/delivery';
import type { ModelVersion } from '../../src/store/registry';
import { parseDestination } from '../../src/tracking/check-destination';
import { TRACKERS } from '../../src/tracking/registry';

/** An MLflow server of a team. */
export const MLFLOW: Destination = {
  kind: 'mlflow',
  options: { url: 'https://mlflow.example.org', experiment: 'digits' },
};

/** The hosted service. */
export const WANDB: Destination = { kind: 'wandb', options: { url: 'https://api.wandb.ai', project: 'lathe' } };

/** Keeps a destination. */
export const kept = (destination: Destination, everyRun = false): DestinationRow => ({
  ...destination,
  id: destinationId(destination),
  created: 1,
  every_run: everyRun,
});

/** A delivery of a run as it begins, but for `changes`. */
export const deliveryOf = (
  runId: string,
  destination: Destination,
  changes: Partial<DeliveryRow> = {},
): DeliveryRow => ({
  ...newDelivery(destination, { noun: changes.noun ?? 'run', id: runId }, 1),
  updated: Date.now(),
  ...changes,
});

/** A version of a registered model. */
export const versionOf = (version: string, changes: Partial<ModelVersion> = {}): ModelVersion => ({
  name: 'digits-cnn',
  version,
  aliases: [],
  description: '',
  tags: {},
  run_id: `r${version}`,
  metrics: { 'test/accuracy': 0.9 },
  params: { 'training.epochs': '5', seed: '1' },
  dataset: { name: 'digits', hash: 'aa' },
  created: Number(version),
  opens: true,
  ...changes,
});

/** What a test looks at. */
export interface MemoryTracking {
  tracking: Workbench['tracking'];
  /** What was given for servers, by origin. */
  credentials: Map<string, Credential | null>;
  /** Ids of deliveries that were to be tried again; null: all. */
  retried: (string | null)[];
}

/** What is in it. */
export interface TrackingContent {
  destinations?: DestinationRow[];
  servers?: ServerInfo[];
  deliveries?: DeliveryRow[];
}

/** Tracking with these destinations, servers and deliveries; `commands` in place of those that only answer. */
export function memoryTracking(
  content: TrackingContent = {},
  commands: Partial<Workbench['tracking']> = {},
): MemoryTracking {
  const destinations = new Map((content.destinations ?? []).map((row) => [row.id, row]));
  const servers = new Map((content.servers ?? []).map((row) => [row.origin, row]));
  const deliveries = new Map((content.deliveries ?? []).map((row) => [row.id, row]));
  const credentials = new Map<string, Credential | null>();
  const retried: (string | null)[] = [];
  let author: string | null = null;
  const nothing = (): Promise<never> => Promise.reject(new LatheError('tracking', 'Nothing answers there.'));
  const origins = async (destination: Destination): Promise<string[]> => parseDestination(destination).origins;
  const allow = async (origin: string, credential?: Credential | null): Promise<void> => {
    if (credential !== undefined) credentials.set(origin, credential);
    servers.set(origin, { origin, allowed_at: 1, credential: credentials.get(origin)?.scheme ?? null });
  };
  return {
    credentials,
    retried,
    tracking: {
      trackers: async () => [...TRACKERS],
      settings: async () => ({ author }),
      configure: async (change) => ({ author: (author = change.author ?? null) }),
      destinations: async () => [...destinations.values()],
      async keep(destination, { every_run }) {
        for (const origin of await origins(destination)) if (!servers.has(origin)) await allow(origin);
        const row = kept(destination, every_run);
        destinations.set(row.id, row);
        return row;
      },
      forget: async (id) => void destinations.delete(id),
      origins,
      chooseFolder: async () => ({ kind: 'tensorboard', options: { folder: 'f1', name: 'logs' } }),
      servers: async () => [...servers.values()],
      allow,
      disallow: async (origin) => void servers.delete(origin),
      check: nothing,
      deliveries: async (subject) =>
        [...deliveries.values()].filter((row) => !subject || (row.noun === subject.noun && row.subject === subject.id)),
      async send({ noun, id }, destination) {
        const row = deliveryOf(id, destination, { noun });
        deliveries.set(row.id, row);
        return row;
      },
      retry: async (id) => void retried.push(id ?? null),
      cancel: async (id) => void deliveries.delete(id),
      trust: async () => undefined,
      settled: async () => ({}),
      ...commands,
    },
  };
}
