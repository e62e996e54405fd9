/**
 * What Prometheus scrapes at `/metrics`, where the server was started with `--metrics`: the newest values of the runs that
 * train in pages of this very server, and how much the signalling server has to do. Pages push them as to a Pushgateway
 * (`PUT /metrics/job/<job>/run/<id>`), so that the page needs no second way.
 *
 * Nobody else may push: a browser names the page that asks (`Origin`), and that must be one of this server, called by an
 * address that nobody else can own. There are no CORS headers. What is pushed is read, checked and written anew: it cannot
 * add lines, metrics or labels that are not its own. A run that is not heard of for a while is forgotten.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import {
  EXPOSITION_TYPE,
  ExpositionError,
  labelKey,
  readExposition,
  writeExposition,
  type ExpositionLimits,
  type MetricFamily,
} from '../src/base/exposition';
import { decodeBase64url } from '../src/base/base64url';

/** What is taken at most. */
export interface BoardLimits extends ExpositionLimits {
  /** Bytes of one push. */
  bytes: number;
  /** Runs at the same time. */
  runs: number;
  /** Pushes that are being received at the same time. */
  pushes: number;
  /** Milliseconds that a push may take to arrive. */
  receive_ms: number;
  /** Milliseconds after which a run that was not heard of is forgotten. */
  keep_ms: number;
}

const LIMITS: BoardLimits = {
  bytes: 256 * 1024,
  runs: 64,
  pushes: 16,
  receive_ms: 10_000,
  keep_ms: 5 * 60_000,
  families: 64,
  samples: 2000,
  labels: 16,
  name: 128,
  value: 1024,
};

/** What is pushed is ours by its name; this part of the names is the server's own. */
const OURS = 'lathe_';
const OWN = 'lathe_server_';

/** Address of a group: as much of a Pushgateway's as the page uses. */
const GROUP = /^\/metrics\/job(@base64)?\/([^/]+)\/run(@base64)?\/([^/]+)$/;

/** Characters of a path that is looked at. */
const MOST_PATH = 4096;

/** What was pushed of one run. */
interface Group {
  labels: { job: string; run: string };
  families: MetricFamily[];
  /** Milliseconds since the epoch. */
  pushed: number;
}

/** An answer that refuses. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The metrics of a server. */
export class MetricsBoard {
  /** Hosts under which this server is known beside its addresses. */
  hosts: readonly string[] = [];
  readonly #limits: BoardLimits;
  readonly #own: () => MetricFamily[];
  readonly #now: () => number;
  readonly #groups = new Map<string, Group>();
  #receiving = 0;

  /** @param own metrics of the server itself, whose names begin with `lathe_server_` */
  constructor(own: () => MetricFamily[] = () => [], limits: Partial<BoardLimits> = {}, now: () => number = Date.now) {
    this.#own = own;
    this.#limits = { ...LIMITS, ...limits };
    this.#now = now;
  }

  /** Answers what is asked of `/metrics` and below; false: something else is asked for. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const path = (request.url ?? '/').split('?')[0];
    if (path !== '/metrics' && !path.startsWith('/metrics/')) return false;
    response.setHeader('Cache-Control', 'no-store');
    this.#answer(request, response, path).catch((error: unknown) => {
      // What is left of a body that is not wanted is not waited for.
      if (!request.complete) response.setHeader('Connection', 'close');
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'The server failed to answer.');
      response
        .writeHead(refusal.status, { 'Content-Type': 'text/plain; charset=utf-8', ...refusal.headers })
        .end(`${refusal.message}\n`);
    });
    return true;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { method = 'GET' } = request;
    if (!this.#isOwnHost(request.headers.host)) {
      throw new Refusal(403, 'Ask for the metrics by localhost, or by an address or the name of this machine.');
    }
    if (path === '/metrics') {
      if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, 'Only GET.', { Allow: 'GET, HEAD' });
      response.writeHead(200, { 'Content-Type': EXPOSITION_TYPE }).end(this.text());
      return;
    }
    const labels = groupOf(path, this.#limits.value);
    if (labels === null) throw new Refusal(404, 'There is nothing here but /metrics.');
    if (method !== 'PUT' && method !== 'DELETE') throw new Refusal(405, 'Only PUT.', { Allow: 'PUT, DELETE' });
    this.#checkOrigin(request);
    const key = JSON.stringify([labels.job, labels.run]);
    if (method === 'PUT') this.#keep(key, labels, await this.#receive(request));
    else this.#groups.delete(key);
    response.writeHead(202).end();
  }

  /** All that is known now, in the text format. */
  text(): string {
    this.#forget();
    const groups = [...this.#groups.values()];
    const families = new Map<string, MetricFamily>();
    for (const { families: pushed, labels } of groups) {
      for (const { samples, ...family } of pushed) {
        const known = families.get(family.name) ?? { ...family, samples: [] };
        known.samples.push(...samples.map((sample) => ({ ...sample, labels: { ...sample.labels, ...labels } })));
        families.set(family.name, known);
      }
    }
    return writeExposition([
      ...families.values(),
      {
        name: `${OWN}push_time_seconds`,
        help: 'When a run was last heard of, in seconds since 1970.',
        type: 'gauge',
        samples: groups.map(({ labels, pushed }) => ({ labels: { ...labels }, value: pushed / 1000 })),
      },
      ...this.#own(),
    ]);
  }

  #forget(): void {
    const since = this.#now() - this.#limits.keep_ms;
    for (const [key, { pushed }] of this.#groups) if (pushed < since) this.#groups.delete(key);
  }

  #keep(key: string, labels: Group['labels'], families: MetricFamily[]): void {
    this.#forget();
    if (!this.#groups.has(key) && this.#groups.size >= this.#limits.runs) {
      throw new Refusal(503, `The metrics of ${this.#limits.runs} runs are here already.`, { 'Retry-After': '60' });
    }
    for (const [other, group] of this.#groups) {
      const clash = other !== key && group.families.find((theirs) => families.some((ours) => clashes(theirs, ours)));
      if (clash) throw new Refusal(400, `The type of ${clash.name} is ${clash.type} elsewhere.`);
    }
    this.#groups.set(key, { labels, families, pushed: this.#now() });
  }

  /** The metrics of a push, checked. */
  async #receive(request: IncomingMessage): Promise<MetricFamily[]> {
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new Refusal(415, 'The metrics must not be compressed.');
    }
    if (this.#receiving >= this.#limits.pushes) {
      throw new Refusal(503, 'Too much is pushed at once.', { 'Retry-After': '5' });
    }
    this.#receiving++;
    try {
      const families = readExposition(await readBody(request, this.#limits), this.#limits);
      for (const family of families) this.#check(family);
      return families;
    } catch (error) {
      if (error instanceof ExpositionError) throw new Refusal(400, error.message);
      throw error;
    } finally {
      this.#receiving--;
    }
  }

  /** Whether a family is one of a page's, and stays without doubles under the labels of its group. */
  #check({ name, samples }: MetricFamily): void {
    if (!name.startsWith(OURS) || name.startsWith(OWN)) {
      throw new Refusal(400, `Metrics of a page begin with ${OURS}, and not with ${OWN}.`);
    }
    const keys = new Set(samples.map(({ labels }) => labelKey({ ...labels, job: '', run: '' })));
    if (keys.size < samples.length) throw new Refusal(400, `${name} has two values for the same labels.`);
  }

  /**
   * A page of this server asks, and no other: browsers send `Origin` with every PUT and DELETE, and pages cannot change it.
   */
  #checkOrigin({ headers: { origin, host } }: IncomingMessage): void {
    if (origin === undefined || !URL.canParse(origin) || new URL(origin).host !== host) {
      throw new Refusal(403, 'Only pages of this server push metrics to it.');
    }
  }

  /**
   * Whether `host` is an address, or a name of this machine. A page elsewhere may have its own name lead here (DNS
   * rebinding): browsers then take this server for its own, but send that name.
   */
  #isOwnHost(host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(`http://${host}`)) return false;
    const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
    const ours = ['localhost', hostname().toLowerCase(), ...this.hosts];
    return isIP(name) !== 0 || ours.includes(name) || ours.includes(`[${name}]`);
  }
}

const clashes = (a: MetricFamily, b: MetricFamily): boolean => a.name === b.name && a.type !== b.type;

/** The labels that a path stands for; null: it is no group's. */
function groupOf(path: string, longest: number): Group['labels'] | null {
  const match = path.length <= MOST_PATH ? GROUP.exec(path) : null;
  if (!match) return null;
  const [job, run] = [decode(match[2], match[1] !== undefined), decode(match[4], match[3] !== undefined)];
  return job && run && job.length <= longest && run.length <= longest ? { job, run } : null;
}

/** One part of a path; null: it is not written as it should be. */
function decode(text: string, base64: boolean): string | null {
  try {
    if (!base64) return decodeURIComponent(text);
    const bytes = decodeBase64url(text.replace(/=+$/, ''));
    return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The text of a request, as long as it is neither too long nor too slow. */
async function readBody(request: IncomingMessage, limits: BoardLimits): Promise<string> {
  const tooLarge = new Refusal(413, `A push has at most ${limits.bytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > limits.bytes) throw tooLarge;
  const parts: Buffer[] = [];
  let size = 0;
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const late = setTimeout(() => fail(new Refusal(408, 'The push took too long.')), limits.receive_ms);
    const fail = (error: Error): void => {
      clearTimeout(late);
      request.pause();
      reject(error);
    };
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size > limits.bytes) fail(tooLarge);
      else parts.push(part);
    });
    request.once('end', () => {
      clearTimeout(late);
      resolve(Buffer.concat(parts));
    });
    request.on('error', fail);
    request.once('close', () => fail(new Refusal(400, 'The push was cut off.')));
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, 'The metrics are not written in UTF-8.');
  }
}
