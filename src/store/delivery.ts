/** What is sent to a tracking server, and how far that is: the rows of deliveries and of servers. */
import type { Json } from './study';

/** Where runs go: the kind of a tracker, and its own settings (address, project, …). Never a password or a key. */
export interface Destination {
  kind: string;
  options: Record<string, Json>;
}

/** What is delivered: a run, or a study as the parent of its trials. */
export type Subject = { noun: 'run' | 'study'; id: string };

/**
 * How much of a run was delivered. Everything that is delivered stays where it was stored: this only points into it. Points
 * and media are counted by their steps, since a run that goes on from a checkpoint drops what was later and makes it again:
 * what has arrived once is not sent again.
 */
export interface DeliveryCursor {
  /** By metric: the last step that was sent, how many points of that step were, and the chunk in which to look further. */
  metrics: Record<string, { step: number; at_step: number; chunk: number }>;
  /** The last step whose media were sent; -1: none. */
  media: number;
  /** Number of the last line of the log that was sent; 0: none. */
  log: number;
  /** By path: what identifies the content of a file that was sent. */
  files: Record<string, string>;
  /** Hash of the facts (name, tags, notes, status, summary) that were sent last. */
  facts: string | null;
  /** Batches so far. */
  batches: number;
}

/** Where a delivery stands. `blocked`: only the user can mend what is wrong. `done`: all there is has arrived. */
export type DeliveryState = 'waiting' | 'sending' | 'blocked' | 'done';

/** What kept something from being delivered. */
export type DeliveryErrorCode =
  | 'offline' // this machine has no network
  | 'unreachable' // nothing answers, or not with a certificate that the browser trusts
  | 'cors' // the server answers, but does not let this page read it
  | 'mixed_content' // an https page may not call an http server
  | 'not_allowed' // the user has not allowed this address yet
  | 'unauthorized' // no key, or a wrong one
  | 'forbidden' // this key, or this page, may not
  | 'not_found' // the address leads nowhere
  | 'too_large' // the server takes no request of this size
  | 'too_many' // slower
  | 'refused' // the server says that the request is wrong
  | 'server' // the server has a problem of its own
  | 'timeout' // no answer
  | 'answer' // the answer is not one of this protocol: another program answers there
  | 'quota' // the server, or the disk that is written to, is full
  | 'folder' // a folder on this machine cannot be written
  | 'local'; // what is to be sent cannot be read or made here

/** Why the last attempt failed: a sentence that says what to do, too. */
export interface DeliveryFailure {
  code: DeliveryErrorCode;
  message: string;
  at: number;
}

/** One run on its way to one destination. */
export interface DeliveryRow {
  /** `deliveryId` of destination and subject. */
  id: string;
  noun: Subject['noun'];
  /** Id of the run or study. */
  subject: string;
  destination: Destination;
  /** Milliseconds since the epoch. */
  created: number;
  updated: number;
  state: DeliveryState;
  /** What the tracker remembers of the run there: its id, what was acknowledged. Null before the run was begun there. */
  remote: Json;
  /** Page of the run there, for people. */
  url: string | null;
  cursor: DeliveryCursor;
  /** A batch that was handed to the network and not acknowledged: it may have arrived. The cursor as it is after it. */
  in_flight: DeliveryCursor | null;
  /** Failures in a row. */
  attempts: number;
  /** When it is tried again; null: at once. */
  next_attempt: number | null;
  error: DeliveryFailure | null;
  /** Points, lines, media and files that wait, as last counted. */
  pending: number;
  /** All that was acknowledged. */
  sent: { points: number; lines: number; media: number; files: number; bytes: number; requests: number };
}

/** What a server asks for. Stays in this browser: no config, bundle, log or error message holds it. */
export type Credential =
  | { scheme: 'basic'; username: string; password: string }
  | { scheme: 'bearer'; token: string }
  | { scheme: 'key'; key: string };

/** A server that the user lets runs be sent to. */
export interface ServerRow {
  /** `https://mlflow.example.org:5000` */
  origin: string;
  credential: Credential | null;
  allowed_at: number;
}

/** A destination that the user keeps: for every run, or to choose from. */
export interface DestinationRow extends Destination {
  /** `destinationId` of it. */
  id: string;
  created: number;
  /** Whether every run that starts is sent there. */
  every_run: boolean;
}

/** The same destination has the same id. */
export function destinationId({ kind, options }: Destination): string {
  const settings = Object.entries(options)
    .filter(([, value]) => value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [kind, ...settings.map(([key, value]) => `${key}=${JSON.stringify(value)}`)].join(' ');
}

/** Key of a delivery. */
export const deliveryId = (destination: Destination, { noun, id }: Subject): string =>
  `${noun} ${id} ${destinationId(destination)}`;

/** Nothing was delivered yet. */
export const startCursor = (): DeliveryCursor => ({
  metrics: {},
  media: -1,
  log: 0,
  files: {},
  facts: null,
  batches: 0,
});

/** A delivery that begins. */
export const newDelivery = (destination: Destination, subject: Subject, now: number): DeliveryRow => ({
  id: deliveryId(destination, subject),
  noun: subject.noun,
  subject: subject.id,
  destination,
  created: now,
  updated: now,
  state: 'waiting',
  remote: null,
  url: null,
  cursor: startCursor(),
  in_flight: null,
  attempts: 0,
  next_attempt: null,
  error: null,
  pending: 0,
  sent: { points: 0, lines: 0, media: 0, files: 0, bytes: 0, requests: 0 },
});
