/**
 * Peers in one headless browser, each in a page of a context of its own: then it has a process and a main thread of its
 * own, two workers in it, and its connections go through the sockets of this machine, as between two browsers. They share
 * the browser's network process and the adapter.
 */
import type { Page } from 'playwright-core';
import { startBrowser } from '../browser';
import { UdpRelay } from '../../test/helpers/udp-relay';
import type {} from './page';
import type { PageReport, PeerTask } from './protocol';

/** What to run; the driver deals ranks. */
export type GroupTask = Omit<PeerTask, 'rank'>;

/** Pages that groups train in. */
export interface PeersHost {
  /** Trains as a group; reports by rank. `delayMs`: one way, through a relay; null: straight. */
  run(task: GroupTask, delayMs: number | null): Promise<PageReport[]>;
  describe(): string;
  stop(): Promise<void>;
}

/** Milliseconds that one group may take. */
const PATIENCE_MS = 180_000;

/** Builds the page and starts the browser. */
export async function startPeersHost(say: (line: string) => void): Promise<PeersHost> {
  const { browser, url, stop } = await startBrowser(import.meta.dirname, say);
  const straight: Page[] = [];
  const relayed: Page[] = [];
  const relay = new UdpRelay();
  const pages = async (members: number, delayMs: number | null): Promise<Page[]> => {
    const list = delayMs === null ? straight : relayed;
    while (list.length < members) {
      const page = await browser.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error') say(message.text());
      });
      if (delayMs !== null) await relay.attach(page, `peer ${list.length}`);
      await page.goto(url);
      await page.waitForFunction(() => 'peersBench' in window);
      list.push(page);
    }
    return list.slice(0, members);
  };
  return {
    async run(task, delayMs) {
      const group = await pages(task.members, delayMs);
      relay.conditions.delayMs = delayMs ?? 0;
      try {
        await connect(group);
        const running = Promise.all(
          group.map((page, rank) => page.evaluate((task) => window.peersBench.run(task), { ...task, rank })),
        );
        return await inTime(running);
      } finally {
        await Promise.all(group.map((page) => page.evaluate(() => window.peersBench.close())));
      }
    },
    describe: () => `Chromium ${browser.version()}`,
    async stop() {
      await stop();
      await relay.close();
    },
  };
}

async function connect(pages: Page[]): Promise<void> {
  const members = pages.length;
  const offers = await Promise.all(
    pages.map((page, rank) =>
      page.evaluate(([rank, members]) => window.peersBench.open(rank, members), [rank, members] as const),
    ),
  );
  for (const [from, page] of pages.entries()) {
    for (const [to, offer] of offers[from].entries()) {
      if (offer === null) continue;
      const answer = await pages[to].evaluate(([other, offer]) => window.peersBench.answer(other, offer), [
        from,
        offer,
      ] as const);
      await page.evaluate(([other, answer]) => window.peersBench.accept(other, answer), [to, answer] as const);
    }
  }
}

async function inTime<T>(running: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It took more than ${PATIENCE_MS / 1000} s.`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
