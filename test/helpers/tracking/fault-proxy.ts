/**
 * An HTTP proxy before a server, in which requests meet the faults of a script:
 *
 * ```ts
 * const proxy = await FaultProxy.before(server.url, inOrder(['cut after', 'server error']));
 * // requests go to proxy.url
 * proxy.script = none;
 * await proxy.close();
 * ```
 *
 * Preflights are always passed on, and what the proxy answers itself can be read from any origin, so that a page is hit by
 * the fault and not by its browser's rules. The server sees the host that the client named: addresses that it gives out
 * lead through the proxy, too.
 */
import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { none, type Fault, type Script, type Seen } from './faults';

/** Headers that belong to one connection and are not passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** A request that came, and what became of it. */
export interface Passed extends Seen {
  /** `Authorization`, as it was sent. */
  authorization: string | null;
  /** Null: none. */
  fault: Fault | null;
  /** Status that the server answered with; null: it was not asked, or does not answer. */
  status: number | null;
}

/** A running proxy. */
export class FaultProxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What goes wrong from now on. */
  script: Script;
  /** Every request but preflights, oldest first. */
  readonly requests: Passed[] = [];
  readonly #server: Server;
  readonly #upstream: URL;

  private constructor(server: Server, upstream: URL, script: Script) {
    this.#server = server;
    this.#upstream = upstream;
    this.script = script;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Starts one before the server at `upstream`. It need not run yet: what cannot be passed on is cut. */
  static async before(upstream: string, script: Script = none): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const proxy = new FaultProxy(server, new URL(upstream), script);
    server.on('request', (request, response) => {
      proxy.#take(request, response).catch(() => request.socket.destroy());
    });
    return proxy;
  }

  /** How many requests met this kind of fault (`answer 429`, `cut before`, `cut after`, `delay`) or none (`passed`). */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { fault } of this.requests) {
      const name = nameOf(fault);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** Cuts what is open and listens no longer. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    // A browser sends a request again by itself where a connection that it had kept is cut: then its page sees no fault.
    response.setHeader('Connection', 'close');
    if (request.method === 'OPTIONS') {
      deliver(response, await this.#forward(request, body));
      return;
    }
    const seen: Seen = {
      index: this.requests.length,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      body,
    };
    const passed: Passed = {
      ...seen,
      authorization: request.headers.authorization ?? null,
      fault: this.script(seen),
      status: null,
    };
    this.requests.push(passed);
    const { fault } = passed;

    if (fault?.kind === 'answer') {
      response.writeHead(fault.status, { ...readable(request), 'Content-Type': 'text/plain', ...fault.headers });
      response.end(fault.body);
      return;
    }
    if (fault?.kind === 'cut' && !fault.forwarded) {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'delay') await sleep(fault.ms);
    const answer = await this.#forward(request, body);
    passed.status = answer.status;
    if (fault?.kind === 'cut') request.socket.destroy();
    else deliver(response, answer);
  }

  #forward(request: IncomingMessage, body: Buffer): Promise<Answered> {
    const headers = passedOn(request.headers);
    if (body.length > 0) headers['content-length'] = String(body.length);
    return new Promise((resolve, reject) => {
      const passed = send(
        {
          host: this.#upstream.hostname,
          port: this.#upstream.port,
          method: request.method,
          path: request.url,
          headers,
          agent: false,
        },
        (answer) => {
          read(answer).then(
            (content) =>
              resolve({ status: answer.statusCode ?? 502, headers: passedOn(answer.headers), body: content }),
            reject,
          );
        },
      );
      passed.once('error', reject);
      passed.end(body);
    });
  }
}

interface Answered {
  status: number;
  headers: Headers;
  body: Buffer;
}

type Headers = Record<string, string | string[] | undefined>;

async function read(message: IncomingMessage): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of message) parts.push(part as Uint8Array);
  if (!message.complete) throw new Error('The message was cut.');
  return Buffer.concat(parts);
}

const passedOn = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));

function deliver(response: ServerResponse, { status, headers, body }: Answered): void {
  response.writeHead(status, headers).end(body);
}

/** Headers that let a page of any origin read the answer. */
function readable(request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  if (origin === undefined) return {};
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': 'Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset',
  };
}

function nameOf(fault: Fault | null): string {
  if (fault === null) return 'passed';
  if (fault.kind === 'answer') return `answer ${fault.status}`;
  if (fault.kind === 'cut') return fault.forwarded ? 'cut after' : 'cut before';
  return fault.kind;
}
