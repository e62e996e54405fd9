import { chromium, type Browser, type JSHandle, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { browserArguments, findBrowser } from '../../bin/browser';
import { UdpRelay, type RelayConditions } from '../helpers/udp-relay';

/** One end of a connection, in a browser of its own. */
interface End {
  page: Page;
  connection: JSHandle<RTCPeerConnection>;
  channel: JSHandle<RTCDataChannel>;
}

let browsers: Browser[];
let relay: UdpRelay;

beforeAll(async () => {
  const executablePath = await findBrowser();
  const open = (): Promise<Browser> => chromium.launch({ executablePath, args: browserArguments('software') });
  browsers = await Promise.all([open(), open()]);
});

afterAll(() => Promise.all(browsers.map((browser) => browser.close())));

beforeEach(() => async () => {
  for (const browser of browsers) for (const context of browser.contexts()) await context.close();
  await relay.close();
});

/** Two pages with an open data channel between them, all of whose traffic goes through `relay`. */
async function connect(conditions: Partial<RelayConditions>): Promise<{ a: End; b: End }> {
  relay = new UdpRelay(conditions);
  const [a, b] = await Promise.all(browsers.map((browser, i) => openEnd(browser, 'ab'[i])));
  const offer = await a.connection.evaluate(describeEnd, null);
  const answer = await b.connection.evaluate(describeEnd, offer);
  await a.connection.evaluate((connection, { type, sdp }) => connection.setRemoteDescription({ type, sdp }), answer);
  await Promise.all([whenOpen(a), whenOpen(b)]);
  return { a, b };
}

async function openEnd(browser: Browser, peer: string): Promise<End> {
  const page = await (await browser.newContext()).newPage();
  await relay.attach(page, peer);
  await page.goto('about:blank');
  const connection = await page.evaluateHandle(() => new RTCPeerConnection());
  const channel = await connection.evaluateHandle((to) => {
    const made = to.createDataChannel('test', { negotiated: true, id: 0, ordered: false });
    made.binaryType = 'arraybuffer';
    return made;
  });
  return { page, connection, channel };
}

/** In the page: the offer, or the answer to `remote`, with all candidates. */
async function describeEnd(
  connection: RTCPeerConnection,
  remote: RTCSessionDescriptionInit | null,
): Promise<RTCSessionDescriptionInit> {
  if (remote !== null) await connection.setRemoteDescription(remote);
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
    connection.addEventListener('icegatheringstatechange', check);
    check();
  });
  const { type, sdp } = connection.localDescription ?? { type: 'offer', sdp: '' };
  return { type, sdp };
}

function whenOpen({ channel }: End): Promise<void> {
  return channel.evaluate(
    (opening) =>
      new Promise<void>((resolve) => {
        opening.onopen = () => resolve();
        if (opening.readyState === 'open') resolve();
      }),
  );
}

/** Sends back at `b` whatever comes. */
function echo({ channel }: End): Promise<void> {
  return channel.evaluate((at) => {
    at.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => at.send(data);
  });
}

/** Sends numbered messages; resolves to the numbers that came back, sorted, and the milliseconds that it took. */
function roundTrips({ channel }: End, count: number, bytes: number): Promise<{ numbers: number[]; ms: number }> {
  return channel.evaluate(
    (at, todo) =>
      new Promise<{ numbers: number[]; ms: number }>((resolve) => {
        const started = performance.now();
        const numbers: number[] = [];
        at.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
          numbers.push(new Uint32Array(data)[0]);
          if (numbers.length < todo.count) return;
          resolve({ numbers: numbers.sort((x, y) => x - y), ms: performance.now() - started });
        };
        for (let i = 0; i < todo.count; i++) at.send(new Uint32Array(todo.bytes / 4).fill(i));
      }),
    { count, bytes },
  );
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

it('delays what goes through it, and nothing goes past it', async () => {
  const { a, b } = await connect({ delayMs: 40 });
  await echo(b);
  const { numbers, ms } = await roundTrips(a, 10, 20_000);
  expect(numbers).toEqual(upTo(10));
  // A bound that a slow machine cannot break.
  expect(ms).toBeGreaterThan(75);
  expect(relay.counts('a', 'b').bytes).toBeGreaterThan(200_000);
  expect(relay.counts('b', 'a').bytes).toBeGreaterThan(200_000);
});

it('loses and reorders datagrams, of which reliable channels show nothing', async () => {
  const { a, b } = await connect({ delayMs: 5, loss: 0.02, reorder: 0.1, seed: 1 });
  await echo(b);
  const { numbers } = await roundTrips(a, 100, 8_000);
  expect(numbers).toEqual(upTo(100));
  expect(relay.counts('a', 'b').dropped).toBeGreaterThan(0);
});

it('carries no more bytes a second than it is told', async () => {
  const { a, b } = await connect({ bandwidth: 400_000 });
  await echo(b);
  const { numbers, ms } = await roundTrips(a, 40, 10_000);
  expect(numbers).toEqual(upTo(40));
  expect(ms).toBeGreaterThan(900);
});

it('cuts, and heals', async () => {
  const { a, b } = await connect({});
  await echo(b);
  await roundTrips(a, 1, 4);
  const before = relay.counts('a', 'b').forwarded;
  relay.cut(['a'], ['b']);
  const during = roundTrips(a, 5, 4);
  while (relay.counts('a', 'b').dropped === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(relay.counts('a', 'b').forwarded).toBe(before);
  relay.heal();
  expect((await during).numbers).toEqual(upTo(5));
});
