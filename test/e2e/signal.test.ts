import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ROOT } from '../../bin/build';

/** Starts a script of `bin/`; resolves with what it said, once it is ready. */
async function start(script: string, args: string[]) {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...environment } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: ROOT,
    env: { ...environment, PATH: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let failed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (failed += text));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ctrl+C')) resolve();
    });
  });
  await Promise.race([ready, ended]);
  return { child, ended, said: () => said, failed: () => failed };
}

it.each([
  ['npm run signal', 'bin/signal.ts', /listens on port (\d+)/],
  ['npm start', 'bin/start.ts', /localhost:(\d+)/],
])('%s lets others on the network meet, when it is told to', async (_, script, address) => {
  const { child, ended, said } = await start(script, ['--port', '0', '--host', '0.0.0.0']);
  const port = address.exec(said())?.[1];
  const socket = new WebSocket(`ws://127.0.0.1:${port}/signal`);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  await closed;
});

it.each([
  [['--port', 'x'], '--port is x; expected a number from 0 to 65535.'],
  [['--host', '192.0.2.1'], '192.0.2.1 is no address of this machine.'],
])('npm run signal with %j says what is wrong', async (args, message) => {
  const { ended, failed } = await start('bin/signal.ts', args);
  expect(await ended).toBe(1);
  expect(failed()).toContain(message);
});
