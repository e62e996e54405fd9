/** Engines in workers of a page in headless Chromium. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { browserArguments, chooseAdapter, findBrowser } from '../../../bin/browser';
import { serveStatic } from '../../../server/static';
import type {} from '../page';
import type { Host } from './host';

/** Builds the page, serves it and opens it. */
export async function browserHost(say: (line: string) => void): Promise<Host> {
  const executablePath = await findBrowser(say);
  const { adapter, reason } = await chooseAdapter(executablePath);
  say(reason);
  const folder = await mkdtemp(join(tmpdir(), 'lathe-bench-'));
  await build({
    configFile: false,
    root: join(import.meta.dirname, '..'),
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: folder, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 8192 },
  });
  const server = await serveStatic(folder, 0);
  const browser = await chromium.launch({ executablePath, args: browserArguments(adapter) });
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') say(message.text());
  });
  await page.goto(`http://localhost:${server.port}/`);
  await page.waitForFunction(() => 'bench' in window);
  let started = 0;
  return {
    async start() {
      const id = started++;
      await page.evaluate((id) => window.bench.start(id), id);
      return {
        ask: (request) => page.evaluate(([id, request]) => window.bench.ask(id, request), [id, request] as const),
        stop: () => page.evaluate((id) => window.bench.stop(id), id),
      };
    },
    async describe() {
      const device = await page.evaluate(async () => {
        const info = (await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }))?.info;
        return [info?.vendor, info?.architecture, info?.device, info?.description].filter(Boolean).join(' ');
      });
      return `Chromium ${browser.version()} on ${device || 'an adapter without a name'}`;
    },
    async stop() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
