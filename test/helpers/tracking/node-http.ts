/** Requests of trackers as tests in Node make them: without permissions, storage and the rules of browsers. */
import type { Credential, DeliveryErrorCode } from '../../../src/store/delivery';
import { DeliveryError, type Http, type HttpRequest } from '../../../src/tracking/http/http';

/** Milliseconds after which a request without an answer counts as lost. */
const TIMEOUT = 30_000;

/** What of an answer is kept with an error, in characters. */
const KEPT = 2000;

/** Credentials by origin; `requests` counts what was sent. */
export class NodeHttp implements Http {
  requests = 0;
  readonly #credentials: Readonly<Record<string, Credential>>;

  /** @param credentials by origin: `http://127.0.0.1:5000` */
  constructor(credentials: Readonly<Record<string, Credential>> = {}) {
    this.#credentials = credentials;
  }

  credential(origin: string): Credential | null {
    return this.#credentials[origin] ?? null;
  }

  async request({
    method,
    url,
    headers = {},
    body,
    timeout_ms = TIMEOUT,
    given = false,
  }: HttpRequest): Promise<Response> {
    const { origin, pathname } = new URL(url);
    const own = given ? null : authorization(this.credential(origin));
    const json = typeof body === 'object' && !(body instanceof Uint8Array) && !(body instanceof Blob);
    this.requests += 1;
    // What is wrong with the request itself is not the server's silence.
    const signal = AbortSignal.timeout(timeout_ms);
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: {
          ...(json && { 'Content-Type': 'application/json' }),
          ...(own !== null && { Authorization: own }),
          ...headers,
        },
        body: json ? JSON.stringify(body) : body instanceof Uint8Array ? new Uint8Array(body) : body,
        signal,
      });
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      throw late
        ? new DeliveryError('timeout', `${origin} did not answer in time.`, { cause: error })
        : new DeliveryError('unreachable', `${origin} cannot be reached, or broke the connection.`, { cause: error });
    }
    if (response.ok) return response;
    const said = (await response.text()).slice(0, KEPT);
    throw new DeliveryError(
      codeOf(response.status),
      `${method} ${origin}${pathname} was answered with ${response.status}.`,
      { status: response.status, body: said, retryAfter: waitOf(response.headers) },
    );
  }
}

function authorization(credential: Credential | null): string | null {
  if (credential?.scheme === 'basic') {
    return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
  }
  return credential?.scheme === 'bearer' ? `Bearer ${credential.token}` : null;
}

function codeOf(status: number): DeliveryErrorCode {
  const known: Record<number, DeliveryErrorCode> = {
    401: 'unauthorized',
    403: 'forbidden',
    404: 'not_found',
    413: 'too_large',
    429: 'too_many',
    507: 'quota',
  };
  return known[status] ?? (status >= 500 ? 'server' : 'refused');
}

/** Milliseconds that a server wants to be left alone for. */
function waitOf(headers: Headers): number | null {
  const seconds = Number(headers.get('Retry-After') ?? headers.get('RateLimit-Reset') ?? NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}
