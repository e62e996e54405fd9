/** Serves the built page from a folder, to this machine only, with the headers that a good static host would send. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sirv from 'sirv';
import { HEADERS } from './headers';

/** A running server. */
export interface StaticServer {
  port: number;
  close(): Promise<void>;
}

/** Names in `assets/` carry the hash of their content, so what was fetched once never changes. */
const HASHED = /^\/assets\//;

/** Answers GET and HEAD from `root`; everything else is refused. */
export function staticHandler(root: string): RequestListener {
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
 * Serves `root` on the loopback addresses at `port` (0: any free one).
 * @throws the socket's error, `EADDRINUSE` where the port is taken.
 */
export async function serveStatic(root: string, port: number): Promise<StaticServer> {
  const handler = staticHandler(root);
  const ipv4 = await listen(createServer(handler), port, '127.0.0.1');
  const bound = (ipv4.address() as AddressInfo).port;
  const servers = [ipv4];
  try {
    // Browsers try ::1 first for `localhost`: another program there would answer in our place.
    servers.push(await listen(createServer(handler), bound, '::1'));
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE' && port !== 0) {
      await shut(ipv4);
      throw error;
    }
  }
  return { port: bound, close: async () => void (await Promise.all(servers.map(shut))) };
}

/** Serves `root` at the first free port from `first` on. */
export async function serveOnFreePort(root: string, first: number): Promise<StaticServer> {
  for (let port = first; port < first + 100; port++) {
    try {
      return await serveStatic(root, port);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
    }
  }
  return serveStatic(root, 0);
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
