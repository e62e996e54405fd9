import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveOnFreePort } from '../../server/static';
import { scratchFolder } from './harness/command-line';
import { serveSite } from './harness/site';

describe('static server', () => {
  const folder = scratchFolder();
  let site: Awaited<ReturnType<typeof serveSite>>;

  beforeAll(async () => {
    mkdirSync(folder.file('assets'));
    writeFileSync(folder.file('index.html'), '<!doctype html><title>page</title>');
    writeFileSync(folder.file('sw.js'), '//');
    writeFileSync(folder.file('assets/code-12ab.js'), 'export {}');
    writeFileSync(folder.file('assets/part.wasm'), '\0asm');
    writeFileSync(folder.file('manifest.webmanifest'), '{}');
    site = await serveSite(folder.path);
  });
  afterAll(async () => {
    await site.close();
    folder.remove();
  });

  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, site.url), init);

  it.each([
    ['/', 'text/html'],
    ['/?driven', 'text/html'],
    ['/sw.js', 'text/javascript'],
    ['/assets/code-12ab.js', 'text/javascript'],
    ['/assets/part.wasm', 'application/wasm'],
    ['/manifest.webmanifest', 'application/manifest+json'],
  ])('serves %s as %s under the policy', async (path, type) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("'unsafe-eval'");
  });

  it('lets browsers keep what carries a hash, and ask again for the rest', async () => {
    const cache = async (path: string) => (await get(path)).headers.get('cache-control');
    expect(await cache('/assets/code-12ab.js')).toContain('immutable');
    for (const path of ['/', '/index.html', '/sw.js', '/manifest.webmanifest']) {
      expect(await cache(path)).toBe('no-cache');
    }
    const etag = (await get('/')).headers.get('etag') ?? '';
    expect((await get('/', { headers: { 'If-None-Match': etag } })).status).toBe(304);
  });

  it('refuses what is not there, what lies outside, and what is no reading', async () => {
    expect((await get('/nothing.js')).status).toBe(404);
    expect((await get('/%2e%2e/%2e%2e/etc/passwd')).status).toBe(404);
    expect((await get('/..%2f..%2fetc/passwd')).status).toBe(404);
    expect((await get('/', { method: 'POST' })).status).toBe(405);
    expect((await get('/', { method: 'HEAD' })).status).toBe(200);
  });

  it('takes the next port when one is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const taken = typeof address === 'object' && address ? address.port : 0;
    const server = await serveOnFreePort(folder.path, taken);
    expect(server.port).toBeGreaterThan(taken);
    await server.close();
    await new Promise((resolve) => other.close(resolve));
  });
});
