/** Which runs and studies are sent where: as their configs say, and to the destinations that the user keeps for every run. */
import { canonicalJson } from '../base/hash';
import { parseConfig } from '../config/parse';
import type { RunConfig } from '../config/schema';
import { HELPED_STUDY } from '../store/collect';
import type { Database } from '../store/database';
import { allDestinations, beginDelivery, deliveriesOf } from '../store/deliveries';
import { destinationId, type DeliveryRow, type Destination, type Subject } from '../store/delivery';

/** What decides where something is sent. */
interface Enlisted {
  config: RunConfig | null;
  /** Somebody else's config: what it names was not chosen here. */
  foreign: boolean;
}

/**
 * Begins the deliveries that a run or study is to have and has not; returns all that it has now. Trials of another browser's
 * study are sent by that one.
 */
export async function enlist(database: Database, subject: Subject): Promise<DeliveryRow[]> {
  const enlisted = await whatDecides(database, subject);
  if (enlisted) {
    const { config, foreign } = enlisted;
    const wanted = config && !foreign ? await destinationsOf(config) : [];
    const kept = (await allDestinations(database)).filter(({ every_run }) => every_run);
    const known = new Set((await deliveriesOf(database, subject)).map(({ destination }) => destinationId(destination)));
    for (const { kind, options } of [...wanted, ...kept]) {
      const destination: Destination = { kind, options };
      const id = destinationId(destination);
      if (known.has(id)) continue;
      known.add(id);
      await beginDelivery(database, destination, subject);
    }
  }
  return deliveriesOf(database, subject);
}

/** Destinations that a config names. @throws LatheError of kind `config` */
export async function destinationsOf(config: RunConfig): Promise<Destination[]> {
  // Most runs are sent nowhere: for them the trackers need not be loaded.
  const plain = parseConfig({});
  if (sections(config) === sections(plain)) return [];
  const { TRACKERS } = await import('../tracking/registry');
  return TRACKERS.flatMap((tracker) => {
    const options = tracker.fromConfig(config);
    return options ? [{ kind: tracker.kind, options }] : [];
  });
}

/** What of a config trackers go by. */
const sections = ({ logging, registry }: RunConfig): string => canonicalJson({ logging, registry });

async function whatDecides(database: Database, { noun, id }: Subject): Promise<Enlisted | null> {
  if (noun === 'study') {
    const study = await database.get('studies', id);
    return study ? { config: study.config, foreign: false } : null;
  }
  const run = await database.get('runs', id);
  if (!run || run.study_id.startsWith(HELPED_STUDY)) return null;
  return { config: run.config, foreign: run.group?.role === 'guest' };
}
