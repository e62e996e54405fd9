/** A browser of its own whose peer worker is watched: what it commits is recorded, and it can be killed at a known phase. */
import { chromium } from 'playwright-core';
import { browserArguments, findBrowser } from '../../../../bin/browser';
import { killBrowserOn } from '../crash';
import { poll } from '../page';
import { PeerPage } from '../peer-page';
import { CHANNEL, type Commit, type Orders, type Report } from './protocol';

declare global {
  interface Window {
    heardFromPeerWorker?: (report: Report) => Promise<void>;
    orderPeerWorker?: (orders: Orders) => void;
  }
}

/** The peer worker among the files of the built page. */
const PEER_WORKER = /\/assets\/peer-[\w-]{8}\.js$/;

/** No GPU, not even in software: a run of a few small steps begins soonest on the CPU. */
const ARGUMENTS = [...browserArguments('software').filter((flag) => !flag.includes('webgpu')), '--disable-3d-apis'];

const NO_ORDERS: Orders = { stop: null, pace: 0 };

/** One browser. */
export class WatchedPeer {
  readonly page: PeerPage;
  /** Transactions of the run that was begun last, as they were committed here. */
  commits: Commit[] = [];
  /** The transaction in which it stands still where it was told to; null: it does not. */
  stopped: number | null = null;
  readonly #profile: string;

  private constructor(page: PeerPage, profile: string) {
    this.page = page;
    this.#profile = profile;
  }

  /** Opens the page at `url` in a browser on the folder `profile`, with `script` as its peer worker. */
  static async open(url: string, profile: string, script: string): Promise<WatchedPeer> {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: await findBrowser(),
      args: ARGUMENTS,
      serviceWorkers: 'block',
    });
    await context.route(PEER_WORKER, (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
    await context.addInitScript(carry, CHANNEL);
    const heard: Report[] = [];
    let hear = (report: Report): void => void heard.push(report);
    await context.exposeFunction('heardFromPeerWorker', (report: Report) => hear(report));
    const peer = new WatchedPeer(await PeerPage.within(context, url, () => context.close()), profile);
    hear = (report) => {
      if (report.type === 'committed') peer.commits.push(report);
      if (report.type === 'stopped') peer.stopped = report.seq;
    };
    heard.forEach(hear);
    return peer;
  }

  /** Forgets what it has recorded, and gives orders for what comes next. */
  async begin(orders: Partial<Orders> = {}): Promise<void> {
    this.commits = [];
    await this.order(orders);
  }

  /** Gives other orders. */
  order(orders: Partial<Orders>): Promise<void> {
    return this.page.page.evaluate((given) => window.orderPeerWorker?.(given), { ...NO_ORDERS, ...orders });
  }

  /** The transaction that was committed last here; -1: none. */
  get committed(): number {
    return this.commits.at(-1)?.seq ?? -1;
  }

  /** Waits until this peer has committed a transaction; resolves to when it did, in milliseconds since the epoch. */
  async untilCommitted(seq: number): Promise<number> {
    await poll(`Transaction ${seq}`, async () => this.committed >= seq);
    return this.commits.find((commit) => commit.seq >= seq)?.at ?? NaN;
  }

  /** Waits until it stands still; resolves to the transaction. */
  async untilStopped(): Promise<number> {
    await poll('The phase to stop at', async () => this.stopped !== null);
    return this.stopped ?? NaN;
  }

  /** Ends all processes of the browser as a crash would; resolves to when, in milliseconds since the epoch. */
  kill(): number {
    const at = Date.now();
    if (killBrowserOn(this.#profile) === 0) throw new Error('There is no browser to kill.');
    return at;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

/** Runs in the page before its own scripts: carries orders to the peer worker, and what it tells to the test. */
function carry(name: string): void {
  const channel = new BroadcastChannel(name);
  let orders: Orders | null = null;
  window.orderPeerWorker = (given) => {
    orders = given;
    channel.postMessage(orders);
  };
  channel.onmessage = ({ data }: MessageEvent<Report>) => {
    if (data.type === 'begun') channel.postMessage(orders);
    else void window.heardFromPeerWorker?.(data);
  };
}
