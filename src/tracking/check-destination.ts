/** Destinations as forms and storage have them, checked against their trackers. */
import * as v from 'valibot';
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import type { Destination } from '../store/delivery';
import { DeliveryError } from './http/http';
import { openOutside } from './http/outside';
import { trackerOf } from './registry';
import type { Connection } from './tracker';

/** A destination as its tracker understands it. @throws LatheError of kind `config` that names the setting that is wrong */
export function parseDestination({ kind, options }: Destination): { destination: Destination; origins: string[] } {
  const tracker = trackerOf(kind);
  if (!tracker) throw new LatheError('config', `There is no tracker ${kind}.`);
  const parsed = v.safeParse(tracker.schema, options);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const at = issue.path?.[0]?.key;
    const key = typeof at === 'string' ? at : 'options';
    const label = tracker.fields.find((field) => field.key === key)?.label ?? key;
    throw new LatheError('config', `${tracker.title}, ${label}: ${sentence(issue.message)}`, { key });
  }
  return { destination: { kind, options: parsed.output }, origins: tracker.origins(parsed.output) };
}

/** Messages of ours are sentences, those of the library are not. */
const sentence = (message: string): string => (message.endsWith('.') ? message : `${message}.`);

/** The way to a destination. @throws LatheError of kind `config`, DeliveryError where it is not allowed */
export async function connectTo(database: Database, given: Destination): Promise<Connection> {
  const { destination, origins } = parseDestination(given);
  const http = await openOutside(database, origins);
  const tracker = trackerOf(destination.kind);
  if (!tracker) throw new LatheError('config', `There is no tracker ${destination.kind}.`);
  return tracker.connect(destination.options, http);
}

/** Asks a destination for something harmless; a sentence that says what is there. @throws LatheError that says what to do */
export async function checkDestination(database: Database, destination: Destination): Promise<string> {
  try {
    return await (await connectTo(database, destination)).check();
  } catch (error) {
    throw trackingError(error);
  }
}

/** What a server answered, for a person who asked for something. */
export function trackingError(thrown: unknown): LatheError {
  return thrown instanceof DeliveryError
    ? new LatheError('tracking', thrown.message, {}, [], { cause: thrown })
    : LatheError.from(thrown, 'tracking');
}
