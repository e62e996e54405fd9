import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../../../src/tracking/http/http';
import { FaultProxy } from '../../../helpers/tracking/fault-proxy';
import {
  atRandom,
  FAULTS,
  firstOf,
  inOrder,
  only,
  overSize,
  tooMany,
  type Seen,
} from '../../../helpers/tracking/faults';
import { NodeHttp } from '../../../helpers/tracking/node-http';

describe('the fault proxy', () => {
  /** What the server behind it was sent. */
  let arrived: { path: string; body: string; authorization: string | undefined }[];
  let server: Server;
  let proxy: FaultProxy;
  const http = new NodeHttp();

  beforeEach(async () => {
    arrived = [];
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        arrived.push({ path: request.url ?? '', body, authorization: request.headers.authorization });
        response.setHeader('Access-Control-Allow-Origin', '*');
        if (request.method === 'OPTIONS') response.setHeader('Access-Control-Allow-Headers', 'authorization');
        response.writeHead(request.url === '/missing' ? 404 : 200).end(`echo ${body}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await FaultProxy.before(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const post = (body: string, path = '/'): Promise<string> =>
    http.request({ method: 'POST', url: proxy.url + path, body }).then((response) => response.text());

  const failure = async (work: Promise<unknown>): Promise<DeliveryError> => {
    const error: unknown = await work.catch((thrown: unknown) => thrown);
    if (!(error instanceof DeliveryError)) throw new Error(`Not a DeliveryError: ${String(error)}`);
    return error;
  };

  it('passes on what no fault hits: path, body, answer, status', async () => {
    expect(await post('a', '/b?c=d')).toBe('echo a');
    expect(arrived).toMatchObject([{ path: '/b?c=d', body: 'a' }]);
    expect(await failure(post('', '/missing'))).toMatchObject({ code: 'not_found', status: 404 });
    expect(proxy.requests.map(({ status }) => status)).toEqual([200, 404]);
    expect(proxy.counts).toEqual({ passed: 2 });
  });

  it('answers in the server’s place, with when to come back', async () => {
    proxy.script = inOrder([tooMany(3), 'server error', 'unavailable', 'unauthorized', null]);
    expect(await failure(post('a'))).toMatchObject({ code: 'too_many', retryAfter: 3000 });
    expect(await failure(post('a'))).toMatchObject({ code: 'server', status: 500 });
    expect(await failure(post('a'))).toMatchObject({ code: 'server', status: 503, retryAfter: 0 });
    expect(await failure(post('a'))).toMatchObject({ code: 'unauthorized' });
    expect(arrived).toEqual([]);
    expect(await post('a')).toBe('echo a');
    expect(proxy.counts).toEqual({ 'answer 429': 1, 'answer 500': 1, 'answer 503': 1, 'answer 401': 1, passed: 1 });
  });

  it('cuts the connection before the server sees the request, or after it has answered', async () => {
    proxy.script = inOrder(['cut before', 'cut after']);
    expect(await failure(post('first'))).toMatchObject({ code: 'unreachable' });
    expect(arrived).toEqual([]);
    expect(await failure(post('second'))).toMatchObject({ code: 'unreachable' });
    expect(arrived).toMatchObject([{ body: 'second' }]);
    expect(proxy.requests.map(({ status }) => status)).toEqual([null, 200]);
  });

  it('passes a delayed request on, and refuses what is too large', async () => {
    proxy.script = firstOf(
      overSize(4),
      only(({ method }) => method === 'POST', inOrder([{ kind: 'delay', ms: 1 }])),
    );
    expect(await post('1234')).toBe('echo 1234');
    expect(await failure(post('12345'))).toMatchObject({ code: 'too_large' });
    expect(proxy.counts).toEqual({ delay: 1, 'answer 413': 1 });
  });

  it('lets pages of other origins see its faults, and never hits their preflights', async () => {
    proxy.script = () => FAULTS.unauthorized;
    const preflight = await fetch(proxy.url, { method: 'OPTIONS', headers: { Origin: 'http://page' } });
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toBe('authorization');
    const refused = await fetch(proxy.url, { headers: { Origin: 'http://page' } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('Access-Control-Allow-Origin')).toBe('http://page');
    expect(proxy.requests).toHaveLength(1);
  });

  it('keeps the key that was sent, and sends none to an address that was given out', async () => {
    const origin = proxy.url;
    const keyed = new NodeHttp({ [origin]: { scheme: 'basic', username: 'me', password: 'secret' } });
    await keyed.request({ method: 'GET', url: origin });
    await keyed.request({ method: 'GET', url: origin, given: true });
    const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(proxy.requests.map(({ authorization }) => authorization)).toEqual([basic, null]);
    expect(arrived.map(({ authorization }) => authorization)).toEqual([basic, undefined]);
  });

  it('cuts the connection where the server is away', async () => {
    await new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    expect(await failure(post('a'))).toMatchObject({ code: 'unreachable' });
    expect(proxy.requests).toMatchObject([{ fault: null, status: null }]);
  });
});

describe('faults by chance', () => {
  const request = (index: number): Seen => ({ index, method: 'GET', path: '/', body: Buffer.alloc(0) });
  const shares = { 'cut after': 0.2, 'server error': 0.3 };
  const drawn = (seed: number) => {
    const script = atRandom(seed, shares);
    return Array.from({ length: 1000 }, (_, index) => script(request(index)));
  };

  it('are the same for the same seed, in the shares that were asked for', () => {
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    const count = (fault: unknown): number => drawn(1).filter((one) => one === fault).length;
    expect(count(FAULTS['cut after'])).toBeGreaterThan(150);
    expect(count(FAULTS['cut after'])).toBeLessThan(250);
    expect(count(FAULTS['server error'])).toBeGreaterThan(250);
    expect(count(FAULTS['server error'])).toBeLessThan(350);
  });
});
