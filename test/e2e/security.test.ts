import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './harness/browser';
import { openLathe, trainSample } from './harness/page';
import { serveSite, type Site } from './harness/site';

describe('the built page', () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    [browser, site] = await Promise.all([openBrowser(), serveSite()]);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  it('trains under its own policy, and asks nobody but its own origin', async () => {
    const context = await browser.newContext();
    const requests: string[] = [];
    const complaints: string[] = [];
    context.on('request', (request) => requests.push(request.url()));
    context.on('console', (message) => {
      if (/content security policy/i.test(message.text())) complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(error.error().message));

    const page = await openLathe(context, site.url);
    expect(await trainSample(page, 'spirals')).toBe('finished');

    expect(complaints).toEqual([]);
    const own = new URL(site.url).origin;
    expect(requests.filter((url) => !url.startsWith(own) && !/^(blob|data):/.test(url))).toEqual([]);
    await context.close();
  });

  it('carries its policy itself, for hosts that send no headers', async () => {
    const html = await (await fetch(site.url)).text();
    const meta = /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    expect(meta).toContain('default-src');
    expect(meta).toContain('wasm-unsafe-eval');
    expect(meta).not.toContain('frame-ancestors');
  });

  it('runs no code that comes as text', async () => {
    const context = await browser.newContext();
    const page = await openLathe(context, site.url);
    const outcome = await page.evaluate(
      () =>
        new Promise((resolve) => {
          // In a task of the page's own: what the debugging protocol evaluates is exempt from the policy.
          setTimeout(() => {
            const element = document.createElement('script');
            element.textContent = 'window.injected = true';
            document.body.append(element);
            try {
              Reflect.construct(Function, ['return 1']);
              resolve('evaluated');
            } catch {
              resolve('injected' in window ? 'injected' : 'refused');
            }
          });
        }),
    );
    expect(outcome).toBe('refused');
    await context.close();
  });
});
