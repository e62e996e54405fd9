import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { serveStatic } from '../../../server/static';
import { SIGNAL_VERSION } from '../../../src/base/signal-protocol';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lathe-static-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a page hears first when it enters a room at `url`. */
async function welcome(url: string): Promise<unknown> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const room = 'AAAAAAAAAAAAAAAAAAAAAA';
  socket.send(JSON.stringify({ type: 'join', version: SIGNAL_VERSION, room, peer: 'a'.repeat(16), token: url }));
  const [data] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return JSON.parse(data.toString());
}

describe('the server of the page', () => {
  it('introduces peers at the same port, and knows no other addresses by default', async () => {
    const server = await serveStatic(folder, 0);
    expect(server.hosts).toEqual([]);
    expect(await welcome(`ws://127.0.0.1:${server.port}/signal`)).toMatchObject({ type: 'welcome', addresses: [] });
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${server.port}/signal`)).status).toBe(404);
    await server.close();
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow();
  });

  it('tells pages where others reach it, when others do', async () => {
    const server = await serveStatic(folder, 0, '0.0.0.0');
    const expected = server.hosts.map((host) => `ws://${host}:${server.port}/signal`);
    expect(await welcome(`ws://127.0.0.1:${server.port}/signal`)).toMatchObject({ addresses: expected });
    for (const url of expected.slice(0, 1)) expect(await welcome(url)).toMatchObject({ type: 'welcome' });
    expect((await fetch(`http://localhost:${server.port}/`)).status).toBe(200);
    await server.close();
  });

  it('ends while pages are connected', async () => {
    const server = await serveStatic(folder, 0);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/signal`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await server.close();
    await closed;
  });

  it('says where it cannot listen', async () => {
    await expect(serveStatic(folder, 0, '192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });
});
