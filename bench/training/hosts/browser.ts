/** Engines in workers of a page in headless Chromium. */
import { join } from 'node:path';
import { startBrowser } from '../../browser';
import type {} from '../page';
import type { Host } from './host';

/** Builds the page, serves it and opens it. */
export async function browserHost(say: (line: string) => void): Promise<Host> {
  const { browser, url, stop } = await startBrowser(join(import.meta.dirname, '..'), say);
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') say(message.text());
  });
  await page.goto(url);
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
    stop,
  };
}
