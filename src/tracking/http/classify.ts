/** What an answer, or the lack of one, means: a code, and a sentence that says what to do. */
import type { DeliveryErrorCode } from '../../store/delivery';
import { DeliveryError } from './http';

/** Characters of an answer that are kept for errors. */
const KEPT = 2000;

/** Characters of an answer that a sentence quotes. */
const QUOTED = 200;

const SENTENCES: Record<number, (origin: string) => string> = {
  401: (origin) => `${origin} wants to know who you are. Give your key or password for it under Settings, Tracking.`,
  403: (origin) => `${origin} does not allow this. Check that your key may write there.`,
  404: (origin) => `${origin} has nothing at this address. Check the address under Settings, Tracking.`,
  408: (origin) => `${origin} waited too long for the request. It is tried again.`,
  413: (origin) =>
    `${origin} refuses a request of this size. Raise the limit of the server or of the proxy before it (nginx: client_max_body_size).`,
  429: (origin) => `${origin} asks to be sent less at once. It is tried again later.`,
  507: (origin) => `The disk of ${origin} is full. Make room there.`,
};

const CODES: Record<number, DeliveryErrorCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  413: 'too_large',
  429: 'too_many',
  507: 'quota',
};

/** The error for an answer that is none of 200–299. Reads its body. */
export async function errorOfAnswer(response: Response, origin: string, now = Date.now()): Promise<DeliveryError> {
  const { status } = response;
  const body = (await response.text().catch(() => '')).slice(0, KEPT);
  const code = CODES[status] ?? (status >= 500 ? 'server' : 'refused');
  const plain = body.trim().startsWith('<') ? '' : body.trim().slice(0, QUOTED);
  const said = plain ? ` It says: ${plain}` : '';
  const sentence =
    SENTENCES[status]?.(origin) ??
    (status >= 500
      ? `${origin} has a problem of its own (${status}). It is tried again.`
      : `${origin} refuses what was sent (${status}).`);
  return new DeliveryError(code, `${sentence}${said}`, {
    status,
    body,
    retryAfter: retryAfterOf(response.headers, now),
  });
}

/**
 * Milliseconds that a server wants to be left alone: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), or
 * `RateLimit-Reset` in seconds; null: it does not say.
 */
export function retryAfterOf(headers: Headers, now: number): number | null {
  const value = headers.get('Retry-After');
  if (value !== null) {
    if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
    const date = Date.parse(value);
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  const reset = headers.get('RateLimit-Reset');
  return reset !== null && /^\d+(\.\d+)?$/.test(reset.trim()) ? Number(reset) * 1000 : null;
}

/** What is known of a request that got no answer. */
export interface NoAnswer {
  origin: string;
  /** The error that `fetch` threw. */
  cause: unknown;
  timedOut: boolean;
  /** Whether this machine has a network. */
  online: boolean;
  /** Address of the page. */
  page: URL;
  /** Whether this origin has answered before: then its answers can be read here. */
  answeredBefore: boolean;
  /** Asks the same address with the same headers for nothing: does an answer of any kind come that the page may read? */
  readable: () => Promise<boolean>;
  /** Does anything at all answer there, readable or not? */
  answers: () => Promise<boolean>;
}

/** The error for a request that got no answer: the browser does not say why, so it is found out. */
export async function errorOfSilence(silence: NoAnswer): Promise<DeliveryError> {
  const { origin, cause, page } = silence;
  const error = (code: DeliveryErrorCode, message: string): DeliveryError =>
    new DeliveryError(code, message, { cause });
  if (silence.timedOut) return error('timeout', `${origin} did not answer in time. It is tried again.`);
  if (!silence.online) return error('offline', 'This machine is offline. What waits is sent when it is online again.');
  const { protocol, hostname } = new URL(origin);
  if (page.protocol === 'https:' && protocol === 'http:' && !isLoopback(hostname)) {
    return error(
      'mixed_content',
      `The browser lets a page that came by https call no http server: ${origin} must be reached by https, or Lathe be opened from localhost.`,
    );
  }
  if (silence.answeredBefore || (await silence.readable())) {
    return error('unreachable', `The connection to ${origin} was cut. It is tried again.`);
  }
  if (await silence.answers()) {
    return error(
      'cors',
      `${origin} answers, but does not let pages of ${page.origin} talk to it. Allow this origin on the server (MLflow: mlflow server --cors-allowed-origins "${page.origin}").`,
    );
  }
  const certificate =
    protocol === 'https:'
      ? ', or its certificate is not one that this browser trusts: open the address in a tab to see'
      : '';
  return error(
    'unreachable',
    `Nothing answers at ${origin}${certificate}. Check the address, and that the server runs.`,
  );
}

/** Whether a host is this machine: browsers let every page call it, and take it for secure. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\./.test(hostname);
