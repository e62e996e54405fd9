/** Browsers that train together while only the first one has the data: each a process of its own, over real data channels. */
import { writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveSignal } from '../../server/signal-only';
import { openBrowser } from './harness/browser';
import { scratchFolder, startLathe } from './harness/command-line';
import { CIRCLE_CONFIG, writeCircle } from './harness/data';
import { openLathe } from './harness/page';
import { serveSite, type Site } from './harness/site';

const folder = scratchFolder();
let signal: Awaited<ReturnType<typeof serveSignal>>;
let site: Site;
let browser: Browser;

beforeAll(async () => {
  [signal, site, browser] = await Promise.all([serveSignal(0, '127.0.0.1'), serveSite(), openBrowser()]);
  writeCircle(folder.file('circle.csv'));
  writeFileSync(
    folder.file('config.yaml'),
    `${CIRCLE_CONFIG}  early_stopping: null
  distributed: {enabled: true, data: streamed, world_size: 3, micro_batches: 4, compression: float32, wait_minutes: 2}
`,
  );
});
afterAll(async () => {
  await Promise.all([signal.close(), site.close(), browser.close()]);
  folder.remove();
});

it('who has no data is sent its examples, ends with the weights of the host, and has none of it then', async () => {
  const common = (profile: string): string[] => [
    '--json',
    '--profile',
    folder.file(profile),
    '--signal',
    `ws://127.0.0.1:${signal.port}`,
  ];
  const host = startLathe(['train', 'config.yaml', '--data', 'circle.csv', ...common('host')], folder.path);
  const { link } = await host.until(({ event, link: told }) => event === 'room' && String(told).includes('@'));
  const guest = startLathe(['peer', String(link), ...common('guest')], folder.path);

  const page = await openLathe(await browser.newContext({ serviceWorkers: 'block' }), site.url);
  const seen = await page.evaluate(async (room) => {
    const { lathe } = window;
    if (!lathe) throw new Error('The workbench is not there.');
    const offer = await lathe.peers.look(room);
    const run = await lathe.peers.join(room, { dataset: 'stream' });
    const result = await lathe.runs.wait(run.id);
    const refusal = await lathe.models.predictDataset({ run_id: run.id }, run.dataset_id, 'test').then(
      () => null,
      (error: Error) => error.message,
    );
    const opening = indexedDB.open('lathe');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(new Error('The database cannot be opened.'));
    });
    const reading = database.transaction('datasets').objectStore('datasets').getAll();
    const datasets = await new Promise<{ name: string; content_hash: string }[]>((resolve) => {
      reading.onsuccess = () => resolve(reading.result);
    });
    return { streams: offer.streams, row: await lathe.runs.get(run.id), result, refusal, datasets };
  }, String(link));

  const first = await host.finished;
  const { status, steps, weights_sha256, metrics } = first.json();
  expect(first.code, first.stderr).toBe(0);
  expect(status).toBe('finished');
  const second = await guest.finished;
  expect(second.code, second.stderr).toBe(0);
  expect(second.json()).toMatchObject({ status, steps, weights_sha256, metrics });
  const rooms = second.events().filter(({ event }) => event === 'room');
  expect(rooms.at(-1)?.examples).toMatchObject({ received: expect.any(Number), waiting: null });

  expect(seen.streams).toBe(true);
  expect(seen.result).toMatchObject({ status, steps, weights_sha256, metrics });
  expect(seen.row).toMatchObject({ dataset_id: '', dataset_name: 'circle' });
  expect(seen.row.preprocessing?.classes).toEqual(['inside', 'outside']);
  // The page makes itself a sample on a first visit.
  expect(seen.datasets.map(({ name }) => name)).not.toContain('circle');
  expect(seen.datasets.map(({ content_hash }) => content_hash)).not.toContain(seen.row.dataset_hash);
  expect(seen.refusal).toContain('The data of this run is not in this browser');
});
