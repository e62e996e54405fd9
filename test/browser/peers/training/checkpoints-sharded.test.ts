import { expect, test } from 'vitest';
import { sha256 } from '../../../../src/base/hash';
import { listCheckpoints, loadCheckpoint, missingParts } from '../../../../src/store/checkpoints';
import { readLog } from '../../../../src/store/logs';
import type { CheckpointRow } from '../../../../src/store/schema';
import { Together, type TestPeer } from './together';
import type { PeerResult } from './trainer.worker';

const setting = (training: object = {}, more: object = {}) => ({
  config: {
    model: { architecture: 'sequential', layers: [{ type: 'dense', units: 512, activation: 'relu' }] },
    training: {
      epochs: 3000,
      early_stopping: null,
      batch_size: 16,
      optimizer: { name: 'adamw', learning_rate: 0.001 },
      checkpoints: { every_minutes: null, every_steps: 10, every_epochs: null, keep_top_k: 1 },
      distributed: { enabled: true, world_size: 3, micro_batches: 4, checkpoints: 'sharded' },
      ...training,
    },
  },
  // Who writes what is all that matters here: without a GPU trainers begin sooner.
  backend: 'cpu' as const,
  data: { examples: 400, noise: 3 },
  ...more,
});

/** What a peer has of its run's checkpoints, by step: share of their bytes, and the places of the parts. */
async function shares(peer: TestPeer): Promise<Map<number, { share: number; parts: Set<number> }>> {
  const { database, run } = await peer.stored;
  const result = new Map<number, { share: number; parts: Set<number> }>();
  for (const row of await listCheckpoints(database, run)) {
    const { bytes } = row.parts!;
    const missing = new Set(await missingParts(database, row));
    const parts = new Set(bytes.map((_, part) => part).filter((part) => !missing.has(part)));
    const total = bytes.reduce((sum, size) => sum + size, 0);
    result.set(row.step, { share: [...parts].reduce((sum, part) => sum + bytes[part], 0) / total, parts });
  }
  return result;
}

/** Checkpoints of a peer that are whole there, by step, with the hash of what they load. */
async function whole(peer: TestPeer): Promise<Map<number, string>> {
  const { database, run } = await peer.stored;
  const result = new Map<number, string>();
  for (const row of await listCheckpoints(database, run)) {
    if ((await missingParts(database, row)).length > 0) continue;
    const { weights } = await loadCheckpoint(database, row.id);
    const hash = await sha256(weights.slice().buffer);
    expect(hash).toBe(row.weights.hash);
    result.set(row.step, hash);
  }
  return result;
}

const committed = (peer: TestPeer): number => peer.group.status().committed;

test('each of three writes two thirds, any two have all, and all end with the best and the last whole', async () => {
  const together = new Together(setting());
  const peers = [together.add(), together.add(), together.add()];
  await expect.poll(() => committed(peers[0]), { timeout: 30_000 }).toBeGreaterThan(45);
  const all = await Promise.all(peers.map(shares));
  const steps = [...all[0].keys()].filter((step) => step > 0 && all.every((one) => one.has(step)));
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) {
    for (const one of all) expect(Math.abs((one.get(step)?.share ?? 0) - 2 / 3)).toBeLessThan(0.08);
    for (const lost of all) {
      const rest = new Set(all.flatMap((one) => (one === lost ? [] : [...(one.get(step)?.parts ?? [])])));
      expect(rest.size).toBe(new Set(all.flatMap((one) => [...(one.get(step)?.parts ?? [])])).size);
      expect(rest.size).toBeGreaterThan(10);
    }
  }
  // What is here of them cannot be taken for the whole.
  const { database, run } = await peers[1].stored;
  const row: CheckpointRow | undefined = (await listCheckpoints(database, run)).find(({ step }) => step === steps[0]);
  await expect(loadCheckpoint(database, row?.id ?? '')).rejects.toThrow(/parts are missing.*Kept by: .*peer/);

  await peers[1].leave('stop');
  const results = await Promise.all(peers.map(({ result }) => result));
  expect(results.map(({ status }) => status)).toEqual(['stopped', 'stopped', 'stopped']);
  expect(new Set(results.map(({ weights }) => weights)).size).toBe(1);
  const ends = await Promise.all(peers.map(whole));
  for (const [i, { steps: last, best, weights }] of results.entries()) {
    const bestStep = Number(best?.split('-').at(-1));
    expect(ends[i].get(bestStep)).toBe(weights);
    expect([...ends[i].keys()]).toContain(last);
    expect(await peers[i].checkpoints()).toEqual([...ends[i].keys()].reverse());
  }
  expect(ends[1]).toEqual(ends[0]);
  expect(ends[2]).toEqual(ends[0]);
});

/** A run of some epochs by a group of `world_size`. */
const of = (world_size: number) =>
  setting({ epochs: 5, distributed: { ...setting().config.training.distributed, world_size } });

/** What it comes to when nothing is in its way. */
let alone: Promise<PeerResult> | null = null;

test.each(['crash', 'pause'] as const)(
  'after a %s of all the run goes on with those who come back, with the same bits',
  async (how) => {
    const undisturbed = await (alone ??= new Together(of(1)).add().result);
    expect(undisturbed.status).toBe('finished');

    const first = new Together(of(3));
    const peers = [first.add(), first.add(), first.add()];
    const newest = async (): Promise<number> => Math.max(0, ...(await peers[0].checkpoints()));
    await expect.poll(newest, { timeout: 30_000 }).toBeGreaterThan(20);
    if (how === 'crash') {
      for (const { terminate } of peers) terminate();
      // Nobody has a whole one.
      for (const peer of peers) expect(await whole(peer)).toEqual(new Map());
    } else {
      await Promise.all(peers.map(async ({ leave }) => leave('pause')));
      const ends = await Promise.all(peers.map(({ result }) => result));
      expect(ends.map(({ status }) => status)).toEqual(['paused', 'paused', 'paused']);
      for (const [i, peer] of peers.entries()) expect([...(await whole(peer)).keys()]).toEqual([ends[i].steps]);
    }

    // One of the three does not come back. Where a checkpoint was cut off in the middle, the one before it is whole.
    const again = new Together({ ...of(2), waitMs: 5_000 });
    const back = [again.add({ before: peers[0].stored }), again.add({ before: peers[2].stored })];
    const results = await Promise.all(back.map(({ result }) => result));
    expect(results.map(({ status }) => status)).toEqual(['finished', 'finished']);
    expect(results[0].curves.train_loss).toHaveLength(undisturbed.steps);
    const { database, run } = await back[0].stored;
    const log = (await readLog(database, run)).map(({ message }) => message);
    expect(log.some((message) => /Training goes on from step \d\d/.test(message))).toBe(true);
    expect(results.map(({ weights }) => weights)).toEqual([undisturbed.weights, undisturbed.weights]);
  },
);

test('where one goes, the others copy what too few have, and one who comes gets its share', async () => {
  // The best of this run is early.
  const together = new Together(
    setting(
      {
        optimizer: { name: 'adamw', learning_rate: 0.05 },
        checkpoints: { every_minutes: null, every_steps: null, every_epochs: null, keep_top_k: 1 },
      },
      { data: { examples: 120, noise: 3 }, keeperMs: 300 },
    ),
  );
  const [first, second, third] = [together.add(), together.add(), together.add()];
  await expect.poll(() => committed(first), { timeout: 30_000 }).toBeGreaterThan(150);
  const before = await first.checkpoints().then((steps) => steps.reverse());
  expect(await whole(first)).toEqual(new Map());

  const go = (peer: TestPeer): void =>
    peer.lobby.announce({ ...peer.lobby.presence, training: false, role: 'visitor' });
  third.terminate();
  third.group.trainerGone();
  go(third);
  for (const peer of [first, second]) {
    await expect.poll(async () => [...(await whole(peer)).keys()], { timeout: 20_000 }).toEqual(before);
  }
  const late = together.add();
  await expect.poll(() => late.hashes.size, { timeout: 20_000 }).toBeGreaterThan(10);
  await second.leave('pause');
  expect((await second.result).status).toBe('paused');
  go(second);
  await expect.poll(async () => [...(await whole(late)).keys()], { timeout: 20_000 }).toEqual(before);
  await first.leave('stop');
  const results = await Promise.all([first, late].map(({ result }) => result));
  expect(results[1].weights).toBe(results[0].weights);
  const best = Number(results[0].best?.split('-').at(-1));
  expect(before).toContain(best);
  for (const peer of [first, late]) expect((await whole(peer)).get(best)).toBe(results[0].weights);
});
