/** Runs that are sent to trackers, from the page: what is told where it cannot be, and that nothing is lost by it. */
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSink, type Sink } from '../../bench/tracking/sink';
import { FaultProxy } from '../helpers/tracking/fault-proxy';
import { FAULTS, none, type Fault } from '../helpers/tracking/faults';
import { SELF_SIGNED } from '../helpers/tracking/self-signed';
import { openBrowser } from './harness/browser';
import { openLathe, poll } from './harness/page';
import { serveSite, type Site } from './harness/site';

/** A delivery, as far as these tests look. */
interface Delivery {
  state: string;
  pending: number;
  error: { code: string; message: string } | null;
  sent: { points: number };
}

const logBatch = v.object({
  metrics: v.optional(v.array(v.object({ key: v.string(), step: v.number(), timestamp: v.number() })), []),
});

const servers: Server[] = [];

/** Listens on a free port of this machine; resolves to the port. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

const serve = (answer: RequestListener): Promise<number> => listen(createHttp(answer));

/** The proxy answers everything with this status. */
const always = (status: number): Fault => ({ kind: 'answer', status, headers: {}, body: '' });

describe('a tracker', () => {
  let site: Site;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let sink: Sink;
  let proxy: FaultProxy;

  beforeAll(async () => {
    [browser, site, sink] = await Promise.all([openBrowser(), serveSite(), startSink()]);
    proxy = await FaultProxy.before(sink.url);
    context = await browser.newContext();
    page = await openLathe(context, site.url);
    await page.evaluate(async (url) => window.lathe?.tracking.allow(url), proxy.url);
  });

  afterAll(async () => {
    await browser.close();
    await Promise.all([site.close(), proxy.close(), sink.close()]);
    for (const server of servers) server.close();
  });

  /** What the page says of an MLflow at an address. */
  const check = (url: string): Promise<string> =>
    page.evaluate(async (address) => {
      const { lathe } = window;
      if (!lathe) throw new Error('The workbench is not there.');
      await lathe.tracking.allow(address);
      const options = { url: address, experiment: null, model_name: null, alias: null };
      return lathe.tracking.check({ kind: 'mlflow', options }).catch((error: Error) => error.message);
    }, url);

  /** Trains on a sample for a few steps; resolves to the run. */
  const train = (yaml: string): Promise<string> =>
    page.evaluate(async (text) => {
      const { lathe } = window;
      if (!lathe) throw new Error('The workbench is not there.');
      const dataset = await lathe.datasets.importSample('spirals');
      const config = await lathe.configs.fromYaml(text);
      const run = await lathe.runs.start({ ...config, data: lathe.configs.suggest(dataset).data }, dataset.id);
      await lathe.runs.wait(run.id);
      return run.id;
    }, yaml);

  const deliveries = (run: string): Promise<Delivery[]> =>
    page.evaluate(
      async (id) =>
        ((await window.lathe?.tracking.deliveries({ noun: 'run', id })) ?? []).map(
          ({ state, pending, error, sent }) => ({
            state,
            pending,
            error,
            sent,
          }),
        ),
      run,
    );

  const delivered = async (run: string): Promise<void> => {
    await poll('All of the run', async () => {
      const all = await deliveries(run);
      const blocked = all.find(({ state, error }) => state === 'blocked' && error?.code !== 'too_large');
      if (blocked) throw new Error(blocked.error?.message);
      return all.length > 0 && all.every(({ state }) => state === 'done');
    });
  };

  const config = (logging: string): string => `
training: {epochs: 1, max_steps: 12, batch_size: 16}
${logging}`;
  const toMlflow = (url: string): string => config(`registry: {mlflow: {tracking_uri: "${url}"}}`);

  it('is asked for a harmless thing, and says what is there', async () => {
    expect(await check(proxy.url)).toContain(proxy.url);
  });

  it('at a wrong address is said to be nowhere', async () => {
    const server = createHttp();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await check(`http://127.0.0.1:${port}`)).toBe(
      `Nothing answers at http://127.0.0.1:${port}. Check the address, and that the server runs.`,
    );
  });

  it('that is another program is told from one', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/html' }).end('<h1>Shop</h1>');
    });
    expect(await check(`http://127.0.0.1:${port}`)).toMatch(/MLflow/);
  });

  it('whose certificate is not trusted is said to be so', async () => {
    const port = await listen(createHttps(SELF_SIGNED, (_request, response) => void response.end()));
    expect(await check(`https://localhost:${port}`)).toContain('its certificate is not one that this browser trusts');
  });

  it('that lets no page read it is said to be so, with what to do', async () => {
    const port = await serve((_request, response) => void response.end('{}'));
    const said = await check(`http://127.0.0.1:${port}`);
    expect(said).toContain('takes nothing from this page’s address');
    expect(said).toContain(`mlflow server --cors-allowed-origins ${new URL(site.url).origin}`);
  });

  it.each([
    [401, 'Give your key or password for it under Settings, Tracking.'],
    [403, 'Check that your key may write there.'],
    [413, 'Raise the limit of the server or of the proxy before it'],
    [500, 'has a problem of its own'],
    [507, 'is full. Make room there.'],
  ])('that answers with %i is explained', async (status, sentence) => {
    proxy.script = () => always(status);
    expect(await check(proxy.url)).toContain(sentence);
    proxy.script = none;
  });

  it('is not called from a machine without a network, which is said', async () => {
    await context.setOffline(true);
    expect(await check('http://mlflow.invalid:5000')).toContain('This machine is offline.');
    await context.setOffline(false);
  });

  it('that refuses large requests gets smaller ones', async () => {
    const logs = ({ path }: { path: string }) => path.endsWith('/log-batch');
    // Points wait until there are enough of them for a large request, however fast the run is told of.
    proxy.script = (request) => (logs(request) ? FAULTS['cut before'] : null);
    const run = await train(toMlflow(proxy.url));
    await poll('What waits', async () => (await deliveries(run)).some(({ pending }) => pending > 50));

    const from = proxy.requests.length;
    proxy.script = (request) => (logs(request) && request.body.length > 3000 ? FAULTS['too large'] : null);
    await page.evaluate(async () => window.lathe?.tracking.retry());
    await delivered(run);
    proxy.script = none;
    const sent = proxy.requests.slice(from).filter(logs);
    expect(sent.some(({ fault }) => fault === FAULTS['too large'])).toBe(true);
    expect(sent.filter(({ fault }) => fault === null).length).toBeGreaterThan(1);
  });

  it('that is away for a whole run gets all of it when it is back', async () => {
    proxy.script = () => FAULTS['cut before'];
    const run = await train(toMlflow(proxy.url));
    await poll('What waits', async () => (await deliveries(run)).some(({ pending }) => pending > 50));
    const [before] = await deliveries(run);
    expect(before).toMatchObject({ state: 'waiting', error: { code: 'unreachable' }, sent: { points: 0 } });

    const from = proxy.requests.length;
    proxy.script = none;
    await page.evaluate(async () => window.lathe?.tracking.retry());
    await delivered(run);
    const there = proxy.requests
      .slice(from)
      .filter(({ path }) => path.endsWith('/log-batch'))
      .flatMap(({ body }) => v.parse(logBatch, JSON.parse(body.toString())).metrics)
      .filter(({ key }) => !key.includes('/'))
      .map(({ key, step, timestamp }) => `${key} ${step} ${timestamp}`);
    const here = await page.evaluate(async (id) => {
      const series = (await window.lathe?.runs.metrics(id)) ?? [];
      return series
        .filter(({ metric }) => !metric.includes('/'))
        .flatMap(({ metric, steps, times }) => [...steps].map((step, i) => `${metric} ${step} ${times[i]}`));
    }, run);
    expect(there.filter((point) => here.includes(point)).sort()).toEqual(here.sort());
  });

  it('gets its key, and nothing else holds it', async () => {
    const key = 'k'.repeat(20) + '0123456789abcdefghij';
    await page.evaluate(async ({ url, secret }) => window.lathe?.tracking.allow(url, { scheme: 'key', key: secret }), {
      url: proxy.url,
      secret: key,
    });
    const from = proxy.requests.length;
    const run = await train(config(`logging: {wandb: {enabled: true, entity: me, base_url: "${proxy.url}"}}`));
    await delivered(run);
    const sent = proxy.requests.slice(from);
    expect(sent.length).toBeGreaterThan(2);
    const authorization = `Basic ${Buffer.from(`api:${key}`).toString('base64')}`;
    expect(sent.some((request) => request.authorization === authorization)).toBe(true);
    for (const { body } of sent) expect(body.includes(key)).toBe(false);

    const elsewhere = await page.evaluate(async (id) => {
      const { lathe } = window;
      if (!lathe) throw new Error('The workbench is not there.');
      const { blob } = await lathe.bundle.export({ run_id: id }, 'bundle');
      const texts = [
        JSON.stringify(await lathe.runs.get(id)),
        JSON.stringify(await lathe.runs.log(id)),
        JSON.stringify(await lathe.tracking.servers()),
        JSON.stringify(await lathe.tracking.deliveries()),
        JSON.stringify({ ...localStorage }),
        await blob.text(),
      ];
      return texts.join('\n');
    }, run);
    expect(elsewhere.includes(key)).toBe(false);
  });
});
