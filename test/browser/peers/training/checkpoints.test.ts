import { expect, test } from 'vitest';
import { deleteCheckpoints, listCheckpoints } from '../../../../src/store/checkpoints';
import { Together, type TestPeer } from './together';

/** A network that is best early on, and never stops by itself. */
const setting = (checkpoints: 'all' | 'one', more: object = {}) => ({
  config: {
    model: { architecture: 'sequential', layers: [{ type: 'dense', units: 64, activation: 'relu' }] },
    training: {
      epochs: 3000,
      early_stopping: null,
      batch_size: 16,
      optimizer: { name: 'adamw', learning_rate: 0.05 },
      checkpoints: { every_minutes: null, keep_top_k: 2 },
      distributed: { enabled: true, world_size: 2, micro_batches: 4, bucket_mb: 0.01, checkpoints, ...more },
    },
  },
  // Who writes what is all that matters here: without a GPU trainers begin sooner.
  backend: 'cpu' as const,
  data: { examples: 120, noise: 3 },
});

/** Stops the group; what the peers end with, and the step of the best checkpoint that each names. */
async function ends(peers: TestPeer[]) {
  await peers[0].leave('stop');
  const results = await Promise.all(peers.map(({ result }) => result));
  expect(results.map(({ status }) => status)).toEqual(peers.map(() => 'stopped'));
  const runs = await Promise.all(peers.map(async ({ stored }) => (await stored).run));
  const bestSteps = results.map(({ best }, i) => {
    expect(best?.startsWith(`${runs[i]}-`)).toBe(true);
    return Number(best?.slice(runs[i].length + 1));
  });
  return { results, bestSteps };
}

test('a peer that comes late ends with the checkpoint that was best before it came', async () => {
  const together = new Together(setting('all', { world_size: 1 }));
  const first = together.add();
  // The best of this run is early.
  await expect.poll(() => first.group.status().committed, { timeout: 20_000 }).toBeGreaterThan(150);
  const late = together.add();
  await expect.poll(() => late.hashes.size, { timeout: 20_000 }).toBeGreaterThan(10);
  const { results, bestSteps } = await ends([first, late]);
  const joined = results[1].curves.train_loss[0][0];
  expect(bestSteps[0]).toBeLessThan(joined);
  expect(bestSteps[1]).toBe(bestSteps[0]);
  expect(results[1].weights).toBe(results[0].weights);
  expect(results[1].metrics).toEqual(results[0].metrics);
  expect(await late.checkpoints()).toContain(bestSteps[0]);
});

test('where one peer writes, the others keep nothing before the end, and then the best', async () => {
  const together = new Together(setting('one'));
  const peers = [together.add(), together.add()];
  await expect.poll(() => peers[0].group.status().committed, { timeout: 20_000 }).toBeGreaterThan(40);
  expect((await peers[0].checkpoints()).length).toBeGreaterThan(0);
  expect(await peers[1].checkpoints()).toEqual([]);
  const { results, bestSteps } = await ends(peers);
  expect(await peers[1].checkpoints()).toEqual([bestSteps[0]]);
  expect(bestSteps[1]).toBe(bestSteps[0]);
  expect(results[1].weights).toBe(results[0].weights);
});

test('where the one who writes goes with all that it kept, another writes, and all end with the same', async () => {
  const together = new Together(setting('one'));
  const [first, second, third] = [together.add(), together.add(), together.add()];
  const members = (): number => first.group.status().peers.filter(({ state }) => state === 'member').length;
  await expect.poll(members, { timeout: 20_000 }).toBe(3);
  await expect.poll(() => first.group.status().committed, { timeout: 20_000 }).toBeGreaterThan(60);
  await first.leave('pause');
  expect((await first.result).status).toBe('paused');
  const { database, run } = await first.stored;
  first.lobby.announce({ ...first.lobby.presence, training: false });
  // Its browser is still there, but not what it kept.
  await deleteCheckpoints(
    database,
    (await listCheckpoints(database, run)).map(({ id }) => id),
  );
  // Whoever came before the other writes now.
  const kept = async (): Promise<number[]> => {
    const both = await Promise.all([second, third].map(async (peer) => (await peer.checkpoints()).length));
    return both.sort((a, b) => a - b);
  };
  await expect.poll(async () => (await kept())[1], { timeout: 20_000 }).toBeGreaterThan(0);
  expect((await kept())[0]).toBe(0);
  const { results, bestSteps } = await ends([second, third]);
  for (const peer of [second, third]) expect(await peer.checkpoints()).toContain(bestSteps[0]);
  expect((await kept())[0]).toBe(1);
  expect(bestSteps[0]).toBe(bestSteps[1]);
  expect(results[1].weights).toBe(results[0].weights);
});
