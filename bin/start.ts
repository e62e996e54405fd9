/**
 * `npm start`: builds the page when that is needed, serves it and opens it in the browser. The signalling server is there,
 * too, at `/signal`. With `-- --host 0.0.0.0` (or HOST) others on the network reach both. They still open a Lathe of their
 * own, at their own localhost or over https: a browser gives no WebGPU to a page that comes over plain http from elsewhere.
 * The link of a room carries the address of this server. With `-- --metrics` Prometheus can scrape the runs that train in its
 * pages.
 */
import { LatheError } from '../src/base/errors';
import { serveOnFreePort } from '../server/static';
import { openForUser } from './browser';
import { DIST, ensureBuilt } from './build';
import { listeningFailure, parseListening } from './listening';

const DEFAULTS = { host: '127.0.0.1', port: 4173 };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function start(): Promise<void> {
  const { host, port: wanted, metrics, help } = parseListening(process.argv.slice(2), DEFAULTS);
  if (help) {
    say('npm start -- [--port PORT] [--host HOST] [--metrics]');
    say('With --host 0.0.0.0 others on the network reach the signalling server of this Lathe.');
    say('With --metrics Prometheus can scrape the runs that train here at /metrics.');
    return;
  }
  await ensureBuilt(say);
  const server = await serveOnFreePort(DIST, wanted, host, { metrics }).catch((error: unknown) => {
    throw listeningFailure(error, host, wanted);
  });
  const url = `http://localhost:${server.port}/`;
  if (wanted !== 0 && server.port !== wanted) {
    say(
      `Port ${wanted} is taken; using ${server.port}. A browser keeps data per port: what was stored at ${wanted} is found there.`,
    );
  }
  if (server.hosts.length > 0) {
    say(`Others reach the signalling server at ${server.hosts[0]}:${server.port}; links to rooms carry that address.`);
    say('They open them in a Lathe of their own, at their localhost or over https: browsers ask that for WebGPU.');
  }
  if (metrics) {
    say(`Prometheus scrapes ${url}metrics; runs are there that are sent to the Prometheus destination ${url}`);
  }
  const opened = await openForUser(url);
  say(opened ? `Lathe is open at ${url}` : `Open ${url} in Chrome, Edge or another browser with WebGPU.`);
  say('Press Ctrl+C to stop serving. Your data stays in the browser.');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
}

try {
  await start();
} catch (error) {
  process.stderr.write(`${LatheError.from(error).message}\n`);
  process.exitCode = 1;
}
