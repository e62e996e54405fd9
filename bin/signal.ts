/**
 * `npm run signal`: the signalling server alone, where peers of a room meet. It listens on every address, port 4174, unless
 * `--host` and `--port` (or HOST and PORT) say otherwise. With `--metrics` Prometheus can scrape it. Pages over https need it behind a proxy that speaks TLS.
 */
import { LatheError } from '../src/base/errors';
import { serveSignal } from '../server/signal-only';
import { listeningFailure, parseListening } from './listening';

const DEFAULTS = { host: '0.0.0.0', port: 4174 };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function serve(): Promise<void> {
  const { host, port, metrics, help } = parseListening(process.argv.slice(2), DEFAULTS);
  if (help) {
    say('npm run signal -- [--port PORT] [--host HOST] [--metrics]');
    return;
  }
  const server = await serveSignal(port, host, {}, { metrics }).catch((error: unknown) => {
    throw listeningFailure(error, host, port);
  });
  const [address = `ws://localhost:${server.port}/signal`] = server.addresses;
  say(`The signalling server listens on port ${server.port}.`);
  say(`Give its address in Lathe’s settings: ${address}`);
  if (metrics) say(`Prometheus scrapes http://localhost:${server.port}/metrics`);
  say('Press Ctrl+C to stop it. Groups that train go on without it; nobody new finds them.');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
}

try {
  await serve();
} catch (error) {
  process.stderr.write(`${LatheError.from(error).message}\n`);
  process.exitCode = 1;
}
