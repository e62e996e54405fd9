import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { ROOT } from '../../bin/build';

it('npm start serves the page, and prints the address where there is no display', async () => {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...environment } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'bin/start.ts'], {
    cwd: ROOT,
    // Port 0: any free one. A browser that opens by itself would stay open.
    env: { ...environment, PORT: '0', PATH: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const address = /http:\/\/localhost:\d+\//.exec(said)?.[0];
      if (address && said.includes('Ctrl+C')) resolve(address);
    });
  });
  const page = await fetch(url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Lathe</title>');
  child.kill('SIGINT');
  expect(await ended).toBe(0);
});
