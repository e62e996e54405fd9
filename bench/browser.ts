/** A headless browser and the page of a benchmark in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { build } from 'vite';
import { browserArguments, chooseAdapter, findBrowser } from '../bin/browser';
import { serveStatic } from '../server/static';

/** A page that is built and served, and a browser to open it in. */
export interface BenchBrowser {
  browser: Browser;
  url: string;
  stop: () => Promise<void>;
}

/** Builds the page in `root`, serves it to this machine and starts a browser. */
export async function startBrowser(root: string, say: (line: string) => void): Promise<BenchBrowser> {
  const executablePath = await findBrowser(say);
  const { adapter, reason } = await chooseAdapter(executablePath);
  say(reason);
  const folder = await mkdtemp(join(tmpdir(), 'lathe-bench-'));
  await build({
    configFile: false,
    root,
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: folder, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 8192 },
  });
  const server = await serveStatic(folder, 0);
  const browser = await chromium.launch({ executablePath, args: browserArguments(adapter) });
  return {
    browser,
    url: `http://localhost:${server.port}/`,
    async stop() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
