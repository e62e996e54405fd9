/** The page in a browser of its own that trains with others, and what it tells of that. */
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { browserArguments, chooseAdapter, findBrowser } from '../../../bin/browser';
import type { GroupStatus, RunResult, WorkbenchEvent } from '../../../src/app/api';
import type { UdpRelay } from '../../helpers/udp-relay';
import { poll, whenReady } from './page';

declare global {
  interface Window {
    heardFromWorkbench?: (event: WorkbenchEvent) => Promise<void>;
    connectionsMade?: RTCPeerConnection[];
  }
}

/** One browser with one page. */
export class PeerPage {
  readonly page: Page;
  /** All that was told of the group, oldest first. */
  readonly sightings: GroupStatus[] = [];
  readonly #close: () => Promise<void>;
  #run: string | null = null;

  private constructor(page: Page, close: () => Promise<void>) {
    this.page = page;
    this.#close = close;
  }

  /** Opens the page of the site at `url`; its connections go through `relay` under `name`. */
  static async open(url: string, relay: UdpRelay, name: string): Promise<PeerPage> {
    const executablePath = await findBrowser();
    const { adapter } = await chooseAdapter(executablePath);
    const browser = await chromium.launch({ executablePath, args: browserArguments(adapter) });
    const context = await browser.newContext({ serviceWorkers: 'block' });
    await relay.attach(context, name);
    return PeerPage.within(context, url, () => browser.close());
  }

  /** Opens the page of the site at `url` in a browser that `close` ends. */
  static async within(context: BrowserContext, url: string, close: () => Promise<void>): Promise<PeerPage> {
    const page = await context.newPage();
    const peer = new PeerPage(page, close);
    await page.exposeFunction('heardFromWorkbench', (event: WorkbenchEvent) => {
      if (event.type === 'group') peer.sightings.push(event.status);
    });
    await page.addInitScript(recordConnections);
    await page.goto(url);
    await whenReady(page);
    await page.evaluate(() => {
      window.lathe?.subscribe((event) => void window.heardFromWorkbench?.(event));
    });
    return peer;
  }

  /** How the group stands, as this page was told last. */
  get group(): GroupStatus | null {
    return this.sightings.at(-1) ?? null;
  }

  /** Transactions that this page has seen committed. */
  get committed(): number {
    return this.group?.committed ?? 0;
  }

  /** Starts a run on a sample that others can join; resolves to the link for them. */
  async host(sample: string, yaml: string): Promise<string> {
    const { id, link } = await this.page.evaluate(
      async (given) => {
        const { lathe } = window;
        if (!lathe) throw new Error('The workbench is not there.');
        const dataset = await lathe.datasets.importSample(given.sample);
        const hosted = await lathe.peers.host(await lathe.configs.fromYaml(given.yaml), dataset.id);
        return { id: hosted.run.id, link: hosted.link };
      },
      { sample, yaml },
    );
    this.#run = id;
    return link;
  }

  /** Joins with the same sample. Fails with the sentence that the page has for it. */
  async join(sample: string, link: string): Promise<void> {
    this.#run = await this.page.evaluate(
      async (given) => {
        const { lathe } = window;
        if (!lathe) throw new Error('The workbench is not there.');
        await lathe.datasets.importSample(given.sample);
        return (await lathe.peers.join(given.link, { dataset: 'have' })).id;
      },
      { sample, link },
    );
  }

  /** How the run ended here. */
  result(): Promise<RunResult> {
    return this.page.evaluate(async (id) => {
      if (!window.lathe || id === null) throw new Error('Nothing was begun here.');
      return window.lathe.runs.wait(id);
    }, this.#run);
  }

  /** Ends the run for the whole group. */
  stopAll(): Promise<void> {
    return this.page.evaluate(async (id) => {
      if (!window.lathe || id === null) throw new Error('Nothing was begun here.');
      await window.lathe.peers.stopAll(id);
    }, this.#run);
  }

  /** Waits until the group stands as `matches` says, here. */
  async until(what: string, matches: (group: GroupStatus) => boolean): Promise<GroupStatus> {
    try {
      await poll(what, async () => this.group !== null && matches(this.group));
    } catch (error) {
      throw new Error(`${String(error)} The group here: ${JSON.stringify(this.group)}`, { cause: error });
    }
    if (!this.group) throw new Error('There is no group.');
    return this.group;
  }

  /** Settings that the page made its connections with. */
  configurations(): Promise<RTCConfiguration[]> {
    return this.page.evaluate(() => (window.connectionsMade ?? []).map((made) => made.getConfiguration()));
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** Runs in the page before its own scripts. */
function recordConnections(): void {
  const made: RTCPeerConnection[] = [];
  window.connectionsMade = made;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
}
