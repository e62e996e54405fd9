/** Where a server listens: `--host` and `--port` of `npm start` and `npm run signal`, or HOST and PORT; and `--metrics`. */
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { LatheError } from '../src/base/errors';

/** Where a server listens. */
export interface Listening {
  host: string;
  port: number;
  /** Whether Prometheus can scrape it. */
  metrics: boolean;
  /** Whether only a list of the options is wanted. */
  help: boolean;
}

/**
 * Reads `--host HOST`, `--port PORT` and `--metrics`; what is not given comes from the environment's HOST and PORT, then from `defaults`.
 * @throws LatheError of kind `usage`
 */
export function parseListening(
  argv: string[],
  defaults: { host: string; port: number },
  environment: NodeJS.ProcessEnv = process.env,
): Listening {
  const values = read(argv);
  const [name, written] = values.port === undefined ? ['PORT', environment.PORT] : ['--port', values.port];
  const port = written === undefined || written === '' ? defaults.port : Number(written);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new LatheError('usage', `${name} is ${written}; expected a number from 0 to 65535.`);
  }
  const host = values.host ?? addressIn(environment.HOST) ?? defaults.host;
  if (host === '' || /[\s/]/.test(host)) {
    throw new LatheError('usage', `--host is ${host || 'empty'}; expected one like 0.0.0.0 or 192.168.1.5.`);
  }
  return { host, port, metrics: values.metrics ?? false, help: values.help ?? false };
}

/** HOST where it is an address: shells and compilers use the same name for other things. */
const addressIn = (host: string | undefined): string | null =>
  host !== undefined && (isIP(host) !== 0 || host === 'localhost') ? host : null;

function read(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        host: { type: 'string' },
        port: { type: 'string' },
        metrics: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new LatheError('usage', `${message}. Known are --host HOST, --port PORT and --metrics.`, {}, [], {
      cause: error,
    });
  }
}

/** The error of a server that could not start, as a sentence. */
export function listeningFailure(thrown: unknown, host: string, port: number): LatheError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  const why =
    code === 'EADDRINUSE'
      ? `Port ${port} is taken. Choose another with --port.`
      : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
        ? `${host} is no address of this machine. With --host 0.0.0.0 it listens on all.`
        : code === 'EACCES'
          ? `Port ${port} may not be used by this user. Choose one above 1023 with --port.`
          : null;
  return why === null ? LatheError.from(thrown) : new LatheError('usage', why, {}, [], { cause: thrown });
}
