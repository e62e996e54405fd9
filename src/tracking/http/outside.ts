/**
 * The one place from which trackers reach the network. Only origins that the user allowed are asked, each with the credential
 * that was given for it; everything else is refused before anything leaves.
 */
import type { Database } from '../../store/database';
import type { Credential, ServerRow } from '../../store/delivery';
import { errorOfAnswer, errorOfSilence } from './classify';
import { DeliveryError, type Http, type HttpRequest } from './http';

/** Milliseconds without an answer, and how many more a byte of a large body gets (100 kB a second). */
const TIMEOUT_MS = 30_000;
const MS_A_BYTE = 0.01;

/** Milliseconds for finding out why there was no answer. */
const PROBE_MS = 5_000;

/** Requests to the servers of one destination. */
export class Outside implements Http {
  readonly #servers: ReadonlyMap<string, ServerRow>;
  readonly #answered = new Set<string>();
  #sent = 0;

  /** @param servers those that the user allowed */
  constructor(servers: readonly ServerRow[]) {
    this.#servers = new Map(servers.map((server) => [server.origin, server]));
  }

  credential(origin: string): Credential | null {
    return this.#servers.get(origin)?.credential ?? null;
  }

  /** Bytes of bodies that were sent and answered since this was asked last. */
  takeSent(): number {
    const sent = this.#sent;
    this.#sent = 0;
    return sent;
  }

  async request({ method, url, headers = {}, body, timeout_ms, given = false }: HttpRequest): Promise<Response> {
    const { origin } = new URL(url);
    // This page's own server is the one that it came from: nothing is told to anybody new.
    if (!given && !this.#servers.has(origin) && origin !== location.origin) throw notAllowed(origin);
    const { payload, type, size } = payloadOf(body);
    const sent: Record<string, string> = {
      ...type,
      ...(given ? {} : authorization(this.credential(origin))),
      ...headers,
    };
    const timeout = AbortSignal.timeout((timeout_ms ?? TIMEOUT_MS) + size * MS_A_BYTE);
    const options: RequestInit = {
      headers: sent,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    };
    let response: Response;
    try {
      response = await fetch(url, { ...options, method, body: payload, signal: timeout });
    } catch (cause) {
      const probe = async (at: string, probing: RequestInit): Promise<boolean> => {
        try {
          await fetch(at, {
            cache: 'no-store',
            credentials: 'omit',
            ...probing,
            signal: AbortSignal.timeout(PROBE_MS),
          });
          return true;
        } catch {
          return false;
        }
      };
      throw await errorOfSilence({
        origin,
        cause,
        timedOut: timeout.aborted,
        online: navigator.onLine,
        page: new URL(location.href),
        answeredBefore: this.#answered.has(origin),
        readable: () => probe(url, { ...options, method: 'HEAD' }),
        answers: () => probe(origin, { method: 'GET', mode: 'no-cors' }),
      });
    }
    this.#answered.add(origin);
    this.#sent += size;
    if (!response.ok) throw await errorOfAnswer(response, origin);
    return response;
  }
}

/**
 * The way to these origins.
 * @throws DeliveryError of code `not_allowed` that names the first one that the user has not allowed
 */
export async function openOutside(database: Database, origins: readonly string[]): Promise<Outside> {
  const servers: ServerRow[] = [];
  for (const origin of origins) {
    const server = await database.get('servers', origin);
    if (server) servers.push(server);
    else if (origin !== location.origin) throw notAllowed(origin);
  }
  return new Outside(servers);
}

const notAllowed = (origin: string): DeliveryError =>
  new DeliveryError(
    'not_allowed',
    `Nothing was sent to ${origin} so far, and nothing is before you allow it: on the run’s Sync tab, or under Settings, Tracking.`,
  );

function authorization(credential: Credential | null): Record<string, string> {
  if (credential?.scheme === 'basic') {
    const bytes = new TextEncoder().encode(`${credential.username}:${credential.password}`);
    return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
  }
  return credential?.scheme === 'bearer' ? { Authorization: `Bearer ${credential.token}` } : {};
}

function payloadOf(body: HttpRequest['body']): { payload?: BodyInit; type: Record<string, string>; size: number } {
  if (body === undefined) return { type: {}, size: 0 };
  if (typeof body === 'string') return { payload: body, type: {}, size: body.length };
  if (body instanceof Blob) return { payload: body, type: {}, size: body.size };
  if (body instanceof Uint8Array) return { payload: new Blob([body.slice()]), type: {}, size: body.length };
  const payload = JSON.stringify(body);
  return { payload, type: { 'Content-Type': 'application/json' }, size: payload.length };
}
