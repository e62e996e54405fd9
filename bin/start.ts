/** `npm start`: builds the page when that is needed, serves it and opens it in the browser. */
import { LatheError } from '../src/base/errors';
import { serveOnFreePort } from '../server/static';
import { openForUser } from './browser';
import { DIST, ensureBuilt } from './build';

const PORT = 4173;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  await ensureBuilt(say);
  const wanted = Number(process.env.PORT ?? PORT);
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) {
    throw new LatheError('usage', `PORT is ${process.env.PORT}; expected a number from 0 to 65535.`);
  }
  const server = await serveOnFreePort(DIST, wanted);
  const url = `http://localhost:${server.port}/`;
  if (wanted !== 0 && server.port !== wanted) {
    say(
      `Port ${wanted} is taken; using ${server.port}. A browser keeps data per port: what was stored at ${wanted} is found there.`,
    );
  }
  const opened = await openForUser(url);
  say(opened ? `Lathe is open at ${url}` : `Open ${url} in Chrome, Edge or another browser with WebGPU.`);
  say('Press Ctrl+C to stop serving. Your data stays in the browser.');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
} catch (error) {
  process.stderr.write(`${LatheError.from(error).message}\n`);
  process.exitCode = 1;
}
