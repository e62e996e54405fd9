/** The signalling server by itself, without a page: for a machine that everybody reaches. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SIGNAL_PATH } from '../src/base/signal-protocol';
import { reachableHosts } from './addresses';
import { EXPOSITION_TYPE, writeExposition } from '../src/base/exposition';
import { SignalServer, type SignalLimits } from './signal';
import { signalMetrics } from './signal-metrics';

/** A running signalling server. */
export interface RunningSignalServer {
  port: number;
  /** Addresses under which other machines reach it, as they stand in Lathe's settings. */
  addresses: string[];
  signalling: SignalServer;
  close(): Promise<void>;
}

/**
 * Listens on `host` at `port` (0: any free one). For pages that come over https, put it behind a proxy that speaks TLS.
 * With `metrics` Prometheus can scrape how much there is to do at `/metrics`; runs are no part of it, since no page comes
 * from this server.
 * @throws the socket's error
 */
export async function serveSignal(
  port: number,
  host: string,
  limits: Partial<SignalLimits> = {},
  { metrics = false }: { metrics?: boolean } = {},
): Promise<RunningSignalServer> {
  const signalling = new SignalServer(limits);
  const server = createServer((request, response) => {
    if (metrics && request.url === '/metrics' && (request.method === 'GET' || request.method === 'HEAD')) {
      response.writeHead(200, { 'Content-Type': EXPOSITION_TYPE }).end(writeExposition(signalMetrics(signalling)));
      return;
    }
    response
      .writeHead(426, { 'Content-Type': 'text/plain; charset=utf-8', Upgrade: 'websocket', Connection: 'Upgrade' })
      .end(`This is a signalling server of Lathe. Pages reach it as a WebSocket at ${SIGNAL_PATH}.\n`);
  });
  signalling.attach(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  signalling.addresses = reachableHosts(host).map((name) => `ws://${name}:${bound}${SIGNAL_PATH}`);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      signalling.close();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: bound, addresses: signalling.addresses, signalling, close };
}
