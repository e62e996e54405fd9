/** What goes wrong between a tracker and its server, and when: scripts for `fault-proxy.ts`. */
import { randomStream } from '../../../src/base/random';

/** One thing that goes wrong with one request. */
export type Fault =
  /** The proxy answers itself, and the server sees nothing. */
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string }
  /** The connection is cut: `forwarded`, once the server has answered (a lost acknowledgement), else before it sees anything. */
  | { kind: 'cut'; forwarded: boolean }
  /** The request is passed on after so many milliseconds. */
  | { kind: 'delay'; ms: number };

/** A request as a script sees it. */
export interface Seen {
  /** Counts requests from 0; preflights are not among them. */
  index: number;
  method: string;
  /** With its query. */
  path: string;
  body: Buffer;
}

/** Decides about one request; null: it is passed on as it is. */
export type Script = (request: Seen) => Fault | null;

const answer = (status: number, body: string, headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  status,
  headers,
  body,
});

/** 429 with everything that services say when to come back by: both forms in whole seconds. */
export const tooMany = (seconds = 0): Fault =>
  answer(429, 'Too many requests', {
    'Retry-After': String(seconds),
    'RateLimit-Limit': '2',
    'RateLimit-Remaining': '0',
    'RateLimit-Reset': String(seconds),
  });

/** What the faults are called that need no more than a name. */
export const FAULTS = {
  'too many': tooMany(),
  'server error': answer(500, 'Internal Server Error'),
  unavailable: answer(503, 'Service Unavailable', { 'Retry-After': '0' }),
  unauthorized: answer(401, 'Unauthorized'),
  'too large': answer(413, 'Request Entity Too Large'),
  'cut before': { kind: 'cut', forwarded: false },
  'cut after': { kind: 'cut', forwarded: true },
} as const satisfies Record<string, Fault>;

/** One of `FAULTS`. */
export type FaultName = keyof typeof FAULTS;

/** Nothing goes wrong. */
export const none: Script = () => null;

/** One fault after another, a request each; null lets one pass. Then nothing goes wrong any more. */
export function inOrder(faults: readonly (Fault | FaultName | null)[]): Script {
  const left = [...faults];
  return () => named(left.shift() ?? null);
}

/**
 * Faults by chance, the same ones for the same seed and the same requests.
 * @param shares by fault, how many of all requests it hits: between 0 and 1, together at most 1
 */
export function atRandom(seed: number, shares: Partial<Record<FaultName, number>>): Script {
  const random = randomStream(seed, 'faults');
  const names = Object.keys(FAULTS).filter((name): name is FaultName => name in shares);
  return () => {
    let left = random.uniform();
    for (const name of names) {
      left -= shares[name] ?? 0;
      if (left < 0) return FAULTS[name];
    }
    return null;
  };
}

/** 413 for every body of more bytes than this. */
export const overSize =
  (bytes: number): Script =>
  ({ body }) =>
    body.length > bytes ? FAULTS['too large'] : null;

/** The given script, but only for requests that match; the others are passed on and are not counted by it. */
export const only =
  (matches: (request: Seen) => boolean, script: Script): Script =>
  (request) =>
    matches(request) ? script(request) : null;

/** What the first script that has something to say about a request says. */
export const firstOf =
  (...scripts: Script[]): Script =>
  (request) => {
    for (const script of scripts) {
      const fault = script(request);
      if (fault) return fault;
    }
    return null;
  };

const named = (fault: Fault | FaultName | null): Fault | null => (typeof fault === 'string' ? FAULTS[fault] : fault);
