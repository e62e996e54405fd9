/**
 * Serves the built page from a folder with the headers that a good static host would send, and the signalling server beside
 * it: to this machine only, unless it is told to listen to others, too.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sirv from 'sirv';
import { isLoopback, isWildcard, reachableHosts } from './addresses';
import { HEADERS } from './headers';
import { MetricsBoard } from './metrics';
import { SignalServer } from './signal';
import { signalMetrics } from './signal-metrics';
import { SIGNAL_PATH } from '../src/base/signal-protocol';

/** A running server. */
export interface StaticServer {
  port: number;
  /** Hosts under which other machines reach it; none where it listens to this machine only. */
  hosts: string[];
  close(): Promise<void>;
}

/** What a server does beside serving the page and signalling. */
export interface ServeOptions {
  /** Whether `/metrics` is there. */
  metrics?: boolean;
}

/** To this machine only. */
const LOOPBACK = '127.0.0.1';

/** Names in `assets/` carry the hash of their content, so what was fetched once never changes. */
const HASHED = /^\/assets\//;

/** Answers GET and HEAD from `root`, and what is asked of `metrics`, where there are any; everything else is refused. */
export function staticHandler(root: string, metrics: MetricsBoard | null = null): RequestListener {
  // `dev` looks at the disk on every request: a build under a running server is served, and no vanished file is read.
  const files = sirv(root, {
    dev: true,
    etag: true,
    extensions: [],
    setHeaders(response, path) {
      response.setHeader('Cache-Control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (metrics?.handle(request, response)) return;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    // A page lives at the root; routes are hashes.
    if (request.url?.startsWith('/?')) request.url = `/index.html${request.url.slice(1)}`;
    if (request.url === '/') request.url = '/index.html';
    files(request, response, () => {
      response.setHeader('Cache-Control', 'no-cache');
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
    });
  };
}

/**
 * Serves `root` at `port` (0: any free one), and signalling at `/signal`. `host` is the address to listen on beside the
 * loopback addresses, which always answer: a browser gives a page WebGPU and WebCrypto over https or from localhost only,
 * so whoever trains opens a Lathe at their own localhost, and reaches this one's signalling over the network. With `metrics`
 * Prometheus can scrape `/metrics`.
 * @throws the socket's error, `EADDRINUSE` where the port is taken.
 */
export async function serveStatic(
  root: string,
  port: number,
  host = LOOPBACK,
  { metrics = false }: ServeOptions = {},
): Promise<StaticServer> {
  const signalling = new SignalServer();
  const board = metrics ? new MetricsBoard(() => signalMetrics(signalling)) : null;
  const handler = staticHandler(root, board);
  const servers: Server[] = [];
  const open = async (address: string, at: number): Promise<number> => {
    const server = createServer(handler);
    signalling.attach(server);
    await listen(server, at, address);
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    signalling.close();
    await Promise.all(servers.map(shut));
  };
  try {
    const bound = await open(isWildcard(host) ? host : LOOPBACK, port);
    // Browsers try ::1 first for `localhost`: another program there would answer in our place.
    if (host !== '::') await orElse(open('::1', bound), (code) => code !== 'EADDRINUSE' || port === 0);
    if (!isLoopback(host) && !isWildcard(host)) await open(host, bound);
    const hosts = reachableHosts(host);
    signalling.addresses = hosts.map((name) => `ws://${name}:${bound}${SIGNAL_PATH}`);
    if (board) board.hosts = hosts;
    return { port: bound, hosts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `opening`, or nothing where it fails with a code that `bearable` bears: a machine without IPv6 has no ::1. */
async function orElse(opening: Promise<unknown>, bearable: (code: string | undefined) => boolean): Promise<void> {
  try {
    await opening;
  } catch (error) {
    if (!bearable(errorCode(error))) throw error;
  }
}

/** Serves `root` at the first free port from `first` on; `host` and `options` as in `serveStatic`. */
export async function serveOnFreePort(
  root: string,
  first: number,
  host = LOOPBACK,
  options: ServeOptions = {},
): Promise<StaticServer> {
  for (let port = first; port < first + 100; port++) {
    try {
      return await serveStatic(root, port, host, options);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
    }
  }
  return serveStatic(root, 0, host, options);
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function listen(server: Server, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
