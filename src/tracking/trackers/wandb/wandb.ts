/**
 * Weights & Biases, in the cloud or on a server of one's own: config, history, summary, the machine's metrics, console lines,
 * media, files, the model as an artifact, and studies as sweeps. Stop pressed there stops the run here.
 */
import * as v from 'valibot';
import type { Http } from '../../http/http';
import { DeliveryError } from '../../http/http';
import type { Connection, RemoteRun, TrackedRun, Tracker } from '../../tracker';
import { pageOf, WandbClient } from './client';
import { UPSERT_BUCKET, VIEWER } from './operations';
import { bucketOf, linesIn, WandbRun } from './run';
import { noLines, readState, type WandbState } from './state';

/** Project of runs whose config names none. */
const PROJECT = 'lathe';

/** A second between two requests of a run: W&B takes two a second. */
const PAUSE_MS = 1000;

const name = (what: string) =>
  v.nullable(
    v.pipe(
      v.string(),
      v.trim(),
      v.minLength(1, `Give the ${what} a name, or leave it out.`),
      v.maxLength(128, `W&B takes at most 128 characters as the name of ${what}.`),
      v.regex(/^[^/\\#?%:\s]+$/, `W&B takes no spaces and none of / \\ # ? % : in the name of ${what}.`),
    ),
  );

const schema = v.object({
  url: v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^https?:\/\//i, 'Give an address that begins with https:// or http://.'),
    v.url('Give an address such as https://api.wandb.ai.'),
    v.transform((url) => url.replace(/\/+$/, '')),
  ),
  entity: v.optional(name('entity'), null),
  project: v.optional(name('project'), null),
});

/** Settings of a destination. A type, since an interface is no record. */

export type WandbOptions = { url: string; entity: string | null; project: string | null };

/** The tracker. */
export const wandb: Tracker<WandbOptions> = {
  kind: 'wandb',
  title: 'Weights & Biases',
  schema,
  fields: [
    {
      key: 'url',
      label: 'Address',
      placeholder: 'https://api.wandb.ai',
      required: true,
      initial: 'https://api.wandb.ai',
    },
    { key: 'entity', label: 'Entity', placeholder: 'that of the key', required: false },
    { key: 'project', label: 'Project', placeholder: PROJECT, required: false },
  ],
  credentials: ['key'],
  limits: { points: 20_000, pause_ms: PAUSE_MS },
  fromConfig({ logging }) {
    const { enabled, base_url, entity, project } = logging.wandb;
    return enabled ? { url: base_url.replace(/\/+$/, ''), entity, project } : null;
  },
  origins: ({ url }) => [new URL(url).origin],
  connect: (options, http) => connectWandb(options, http),
};

/** A connection. @param pause milliseconds between the requests of one batch */
export function connectWandb({ url, entity, project }: WandbOptions, http: Http, pause = PAUSE_MS): Connection {
  const client = new WandbClient(http, url);
  const place = { entity, project: project ?? PROJECT };

  return {
    async check() {
      const { viewer } = await client.ask(VIEWER, {});
      if (!viewer) {
        throw new DeliveryError(
          'unauthorized',
          `${client.origin} does not know this API key. Copy yours from ${pageOf(url)}/authorize and give it under Settings, Tracking.`,
        );
      }
      const target = entity ?? viewer.entity ?? '';
      await probeStream(client, target || 'lathe', place.project);
      const who = viewer.username ?? 'this key';
      return `W&B answers ${who}: runs go to ${target ? `${target}/` : ''}${place.project}.`;
    },

    async open(run, stored) {
      const known = readState(stored);
      if (known) return new WandbRun(client, url, run, known, true, pause);
      return begin(client, place, run, url, pause);
    },
  };
}

/** Makes the run there, or finds it: its id there is its id here. */
async function begin(
  client: WandbClient,
  { entity, project }: { entity: string | null; project: string },
  run: TrackedRun,
  url: string,
  pause: number,
): Promise<RemoteRun> {
  const { bucket } = (await client.ask(UPSERT_BUCKET, { entity, project, ...bucketOf(run, null) })).upsertBucket;
  // What was asked for may be spelt otherwise there, or be the key's own.
  const place = { entity: bucket.project.entity.name, project: bucket.project.name };
  const { counts } = linesIn(bucket);
  const state: WandbState = {
    ...place,
    sweep: null,
    lines: counts,
    there: noLines(),
    lost: counts.history + counts.events + counts.log > 0,
    summary: {},
    artifact: null,
  };
  return new WandbRun(client, url, run, state, false, pause);
}

/**
 * A page may be let at the GraphQL and not at the streams: sends nothing to that of a run that does not exist. Whatever the
 * server says of it, this page can read.
 */
async function probeStream(client: WandbClient, entity: string, project: string): Promise<void> {
  try {
    await client.stream({ entity, project, run: 'lathe-check' }, {});
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.code === 'cors' || (error.status === null && error.code === 'unreachable')) {
      throw new DeliveryError(
        'cors',
        `${client.origin} answers this page, but does not let it send the lines of a run. Export the run as a W&B offline file and send it with: wandb sync PATH.`,
        { cause: error },
      );
    }
  }
}
