import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as ask, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MetricsBoard, type BoardLimits } from '../../../server/metrics';
import { serveSignal } from '../../../server/signal-only';
import { serveStatic } from '../../../server/static';
import { prometheus } from '../../../src/tracking/trackers/prometheus/prometheus';
import { plainHttp, pointsBatch, series, trackedRun } from '../../helpers/tracked-run';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A request with whatever headers: `fetch` sets some by itself. */
function send(port: number, path: string, options: RequestOptions, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = ask({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

interface Board {
  port: number;
  push: (path: string, body?: string | Buffer, options?: RequestOptions) => Promise<Answer>;
  scrape: (headers?: Record<string, string>) => Promise<Answer>;
  later: (ms: number) => void;
}

async function board(limits: Partial<BoardLimits> = {}): Promise<Board> {
  let now = 1_700_000_000_000;
  const metrics = new MetricsBoard(
    () => [],
    limits,
    () => now,
  );
  const server = createServer((request, response) => {
    if (!metrics.handle(request, response)) response.writeHead(404).end('the page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const host = `localhost:${port}`;
  return {
    port,
    push: (path, body = 'lathe_step 1\n', { headers, ...options } = {}) =>
      send(
        port,
        path,
        {
          method: 'PUT',
          ...options,
          headers: { host, origin: `http://${host}`, ...(headers as Record<string, string>) },
        },
        body,
      ),
    scrape: (headers = {}) => send(port, '/metrics', { headers: { host, ...headers } }),
    later: (ms) => (now += ms),
  };
}

const RUN = '/metrics/job/lathe/run/a1';

describe('what Prometheus scrapes from the page’s server', () => {
  it('is what pages pushed, each run under its own labels', async () => {
    const { push, scrape } = await board();
    const text = '# TYPE lathe_step gauge\nlathe_step{name="x",run="forged",job="forged"} 3\n';
    expect((await push(RUN, text)).status).toBe(202);
    expect((await push('/metrics/job/lathe/run@base64/YS9i', text)).status).toBe(202);
    const answer = await scrape();
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.text).toContain(
      '# TYPE lathe_step gauge\nlathe_step{name="x",run="a1",job="lathe"} 3\nlathe_step{name="x",run="a/b",job="lathe"} 3\n',
    );
    expect(answer.text).toContain('lathe_server_push_time_seconds{job="lathe",run="a1"} 1700000000\n');
  });

  it('is replaced by each push, and goes when it is deleted', async () => {
    const { push, scrape } = await board();
    await push(RUN, 'lathe_a 1\n');
    await push(RUN, 'lathe_b 2\n');
    expect((await scrape()).text).not.toContain('lathe_a');
    expect((await push(RUN, '', { method: 'DELETE' })).status).toBe(202);
    expect((await scrape()).text).toBe('');
  });

  it('forgets a run that is not heard of, and that run only', async () => {
    const { push, scrape, later } = await board({ keep_ms: 300_000 });
    await push(RUN);
    later(200_000);
    await push('/metrics/job/lathe/run/b2');
    later(200_000);
    const { text } = await scrape();
    expect(text).not.toContain('a1');
    expect(text).toContain('b2');
  });

  it('takes what the destination prometheus pushes', async () => {
    const { port, scrape } = await board();
    const url = `http://localhost:${port}`;
    const fromPage = {
      ...plainHttp,
      request: (request: Parameters<typeof plainHttp.request>[0]) =>
        plainHttp.request({ ...request, headers: { ...request.headers, Origin: url } }),
    };
    const connection = prometheus.connect({ url, job: 'lathe' }, fromPage);
    const remote = await connection.open(trackedRun({ name: 'odd "name"\n\\' }), null);
    await remote.send(pointsBatch(1, series('loss', [2, 1])), false);
    expect((await scrape()).text).toContain(
      'lathe_metric{job="lathe",run="a1b2c3d4",name="odd \\"name\\"\\n\\\\",dataset="mnist",adapter="NVIDIA H100",metric="loss"} 1\n',
    );
    expect(await connection.check()).toBe(
      'A server for Prometheus answers, and takes metrics. It has those of 1 run of Lathe.',
    );
  });
});

describe('what others may do there', () => {
  it('is closed to pages of other origins', async () => {
    const { push, scrape, port } = await board();
    for (const origin of ['http://evil.example', `https://localhost.evil:${port}`, 'null', 'http://localhost']) {
      expect((await push(RUN, undefined, { headers: { origin } })).status).toBe(403);
    }
    // No browser: nothing says which page asks.
    const host = `localhost:${port}`;
    expect((await send(port, RUN, { method: 'PUT', headers: { host } }, 'lathe_a 1\n')).status).toBe(403);
    // Another name that leads here: both are the attacker's.
    const evil = `evil.example:${port}`;
    expect((await push(RUN, undefined, { headers: { host: evil, origin: `http://${evil}` } })).status).toBe(403);
    expect((await scrape({ host: evil })).status).toBe(403);
    for (const method of ['OPTIONS', 'GET', 'PUT']) {
      const { headers } = await push(RUN, method === 'PUT' ? 'lathe_a 1\n' : '', { method });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect((await push(RUN, '', { method: 'OPTIONS' })).status).toBe(405);
  });

  it('is open to Prometheus by address and by the machine’s name', async () => {
    const { scrape, port } = await board();
    for (const host of [`127.0.0.1:${port}`, `[::1]:${port}`, `192.168.1.5:${port}`, `${hostname()}:${port}`]) {
      expect((await scrape({ host })).status).toBe(200);
    }
  });

  it.each([
    ['POST', '/metrics', 405],
    ['POST', RUN, 405],
    ['PUT', '/metrics/job/lathe', 404],
    ['PUT', '/metrics/job/lathe/run/a/more/b', 404],
    ['PUT', '/metrics/job/lathe/run@base64/!!', 404],
    ['PUT', '/metrics/job/lathe/run@base64/_w', 404],
    ['PUT', '/metrics/job/lathe/run/%E0%A4%A', 404],
    ['PUT', '/metrics/job@base64/=/run/a', 404],
    ['PUT', `/metrics/job/lathe/run/${'a'.repeat(5000)}`, 404],
    ['PUT', `/metrics/job/lathe/run@base64/${'='.repeat(4000)}`, 404],
  ])('%s %s is answered with %i', async (method, path, status) => {
    const { push } = await board();
    expect((await push(path, undefined, { method })).status).toBe(status);
  });

  it.each([
    ['other_metric 1\n', 'begin with lathe_'],
    ['lathe_server_rooms 1\n', 'not with lathe_server_'],
    ['lathe_a{x="1\n"} 1\n', 'Line 1'],
    ['lathe_a{x="1"} 1 1700000000000\n', 'timestamp'],
    ['lathe_a{run="1"} 1\nlathe_a{run="2"} 1\n', 'two values for the same labels'],
    [`lathe_a{x="${'y'.repeat(2000)}"} 1\n`, 'longer than'],
    [`lathe_${'a'.repeat(200)} 1\n`, 'no name'],
    [Array.from({ length: 100 }, (_, i) => `lathe_${i} 1\n`).join(''), 'more than 64 metrics'],
    [Array.from({ length: 3000 }, (_, i) => `lathe_a{i="${i}"} 1\n`).join(''), 'more than 2000 samples'],
    [Buffer.from([0x6c, 0xff, 0xfe, 0x0a]), 'UTF-8'],
  ])('refuses %j', async (body, message) => {
    const { push, scrape } = await board();
    const answer = await push(RUN, body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(message);
    expect((await scrape()).text).toBe('');
  });

  it('cannot give one metric two types', async () => {
    const { push } = await board();
    await push(RUN, '# TYPE lathe_a gauge\nlathe_a 1\n');
    const other = '# TYPE lathe_a counter\nlathe_a 1\n';
    expect((await push('/metrics/job/lathe/run/b2', other)).status).toBe(400);
    expect((await push(RUN, other)).status).toBe(202);
  });

  it('takes no more than it can hold: of bytes, of runs, of time', async () => {
    const { push, scrape, later, port } = await board({ bytes: 1000, runs: 2, receive_ms: 200 });
    const large = 'lathe_a 1\n#'.padEnd(5000, 'x');
    expect((await push(RUN, large)).status).toBe(413);
    expect((await push(RUN, large, { headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413);
    expect((await push(RUN, 'lathe_a 1\n', { headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
    const host = `localhost:${port}`;
    const slow = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host, origin: `http://${host}`, 'content-length': '500' };
      const sent = ask({ host: '127.0.0.1', port, path: RUN, method: 'PUT', headers, agent: false }, (response) => {
        resolve(response.statusCode);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.write('lathe_a');
    });
    expect(slow).toBe(408);
    expect((await scrape()).text).toBe('');
    for (const run of ['a', 'b']) expect((await push(`/metrics/job/lathe/run/${run}`)).status).toBe(202);
    const full = await push('/metrics/job/lathe/run/c');
    expect([full.status, full.headers['retry-after']]).toEqual([503, '60']);
    expect((await push('/metrics/job/lathe/run/a')).status).toBe(202);
    later(600_000);
    expect((await push('/metrics/job/lathe/run/c')).status).toBe(202);
  });
});

describe('servers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lathe-metrics-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('have no /metrics unless they are told to', async () => {
    const page = await serveStatic(folder, 0);
    const signal = await serveSignal(0, '127.0.0.1');
    onTestFinished(async () => void (await Promise.all([page.close(), signal.close()])));
    expect((await fetch(`http://127.0.0.1:${page.port}/metrics`)).status).toBe(404);
    const put = { method: 'PUT', headers: { Origin: `http://127.0.0.1:${page.port}` }, body: 'lathe_a 1\n' };
    expect((await fetch(`http://127.0.0.1:${page.port}${RUN}`, put)).status).toBe(405);
    expect((await fetch(`http://127.0.0.1:${signal.port}/metrics`)).status).toBe(426);
  });

  it('tell how much the signalling has to do, the page’s own with the runs', async () => {
    const page = await serveStatic(folder, 0, '127.0.0.1', { metrics: true });
    const signal = await serveSignal(0, '127.0.0.1', {}, { metrics: true });
    onTestFinished(async () => void (await Promise.all([page.close(), signal.close()])));
    for (const { port } of [page, signal]) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(text).toContain('lathe_server_connections 0\n');
      expect(text).toContain('lathe_server_rooms 0\n');
    }
    const url = `http://127.0.0.1:${page.port}`;
    const put = { method: 'PUT', headers: { Origin: url }, body: 'lathe_a 1\n' };
    expect((await fetch(`${url}${RUN}`, put)).status).toBe(202);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('lathe_a{job="lathe",run="a1"} 1\n');
    const refused = await fetch(`http://127.0.0.1:${signal.port}${RUN}`, { method: 'PUT', body: 'lathe_a 1\n' });
    expect(refused.status).toBe(426);
    expect((await fetch(`${url}/`)).status).toBe(200);
  });
});
