/** What the conformance suite is run against: a tracker with a server of its kind that really runs. */
import type { Credential } from '../../../src/store/delivery';
import type { Json } from '../../../src/store/study';
import type { Tracker } from '../../../src/tracking/tracker';

/**
 * What a service has no notion of: checks that need it are left out.
 *
 * - `history`: it keeps the last value of a metric only
 * - `files`: it takes none
 * - `memory`: what it was sent is gone when it is killed
 * - `http`: it is no server, so that nothing can go wrong on the way
 * - `doubles`: it keeps numbers of 32 bits
 */
export type Lack = 'history' | 'files' | 'memory' | 'http' | 'doubles';

/** A tracker, and how its server is started. */
export interface Subject {
  name: string;
  tracker: Tracker;
  /** Nothing, where it is not said. */
  lacks?: readonly Lack[];
  start(): Promise<Running>;
}

/** A server that runs. */
export interface Running {
  /** Its address: `http://127.0.0.1:5000`. A fault proxy is put before it. */
  url: string;
  /** The tracker's settings for a server at an address: that of the proxy. */
  options(url: string): Record<string, Json>;
  /** What the server asks for; null: nothing. */
  credential: Credential | null;
  /** What has arrived of the run or study with this id of ours. */
  read(runId: string): Promise<Arrived>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, at the same address, with what it had stored. */
  restart(): Promise<void>;
  /** Ends it, and removes what it stored. */
  stop(): Promise<void>;
}

/** What a server has of a run. */
export interface Arrived {
  /** All points as they are there, doubled ones, too. Under our names where the service can bear them. */
  metrics: Record<string, [step: number, value: number][]>;
  /** By key as in `TrackedRun.params`; null: it has no such thing. */
  params: Record<string, string> | null;
  /** Bytes by path. */
  files: Record<string, number>;
  /** Lines of the log, in whatever form it has them; null: it has no such thing. */
  lines: string[] | null;
  /** In the service's own word; one that ended well has `finish` in it. */
  status: string;
}
