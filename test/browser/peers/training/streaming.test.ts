import { expect, test } from 'vitest';
import { CONTENT, Together, type Setting, type TestPeer } from './together';
import type { PeerResult } from './trainer.worker';

const setting = (worldSize: number, more: object = {}, distributed: object = {}): Setting => ({
  config: {
    model: {
      architecture: 'sequential',
      layers: [
        { type: 'flatten' },
        { type: 'dense', units: 16, activation: 'relu' },
        { type: 'batch_normalization', momentum: 0.9 },
        { type: 'dropout', rate: 0.2 },
      ],
    },
    training: {
      epochs: 4,
      batch_size: 16,
      early_stopping: null,
      optimizer: { name: 'adamw', learning_rate: 0.02 },
      distributed: {
        enabled: true,
        data: 'streamed',
        world_size: worldSize,
        micro_batches: 8,
        bucket_mb: 1e-3,
        ...distributed,
      },
      ...more,
    },
  },
  // Where examples come from is all that matters here, and so small a model is computed soonest without a GPU.
  backend: 'cpu',
  data: { shape: [3, 3, 1] },
});

const finish = (peers: TestPeer[]): Promise<PeerResult[]> => Promise.all(peers.map(({ result }) => result));

const learned = ({ curves }: PeerResult): unknown =>
  Object.entries(curves).filter(([metric]) => /^(train|val|test)_|gradient_norm/.test(metric));

test('peers that are sent their examples train the same bits as those that have the data', async () => {
  const local = new Together(setting(3));
  const [alike] = await finish([local.add(), local.add(), local.add()]);
  expect(alike).toMatchObject({ status: 'finished', steps: 24 });
  const together = new Together(setting(3));
  const [host, one, two] = [together.add(), together.add({ isHere: false }), together.add({ isHere: false })];
  const results = await finish([host, one, two]);
  for (const [i, result] of results.entries()) {
    expect(result).toMatchObject({ status: 'finished', weights: alike.weights, metrics: alike.metrics });
    expect(learned(result)).toEqual(learned(alike));
    expect([...together.peers[i].hashes]).toEqual([...local.peers[0].hashes]);
  }
  for (const guest of [one, two]) {
    expect(guest.examples?.traffic.received).toBeGreaterThan(0);
    const { database } = await guest.stored;
    expect(await database.count('datasets')).toBe(0);
  }
});

test('peers that take steps by themselves get the examples of each', async () => {
  const config = setting(2, {}, { local_steps: 3, micro_batches: 2 });
  const together = new Together({ ...config, limits: { cache: 0, ahead: 600 } });
  // The optimizer of such steps is a peer's own, so that the bits depend on who computed what.
  const [one, other] = await finish([together.add(), together.add({ isHere: false })]);
  expect(one).toMatchObject({ status: 'finished', weights: other.weights });
  const [[, first], ...later] = one.curves.train_loss;
  expect(later.at(-1)?.[1]).toBeLessThan(first);
});

test('others who have the data send it when the host is gone, and while nobody has it training waits', async () => {
  const long = { epochs: 60 };
  const [alike] = await finish([new Together(setting(1, long)).add()]);
  const together = new Together({ ...setting(3, long), limits: { cache: 0, ahead: 1e6 } });
  const [host, other, guest] = [together.add(), together.add(), together.add({ isHere: false })];
  const without = ({ lobby }: TestPeer): void => lobby.announce({ ...lobby.presence, training: false, dataset: null });
  const committed = (): number => guest.group.status().committed;
  await expect.poll(committed, { timeout: 60_000 }).toBeGreaterThan(20);
  expect(host.served()).toBeGreaterThan(0);
  const served = other.served();
  await host.leave('pause');
  without(host);
  await expect.poll(() => other.served(), { timeout: 60_000 }).toBeGreaterThan(served);
  await other.leave('pause');
  without(other);
  const waiting = (): string | null => guest.examples?.traffic.waiting ?? null;
  await expect.poll(waiting, { timeout: 60_000 }).toMatch(/^Nobody who has the data of this run is in the room/);
  expect(committed()).toBeLessThan(60 * 7);
  host.lobby.announce({ ...host.lobby.presence, dataset: CONTENT });
  expect(await guest.result).toMatchObject({ status: 'finished', weights: alike.weights });
});

test('a run whose data nobody has any more pauses with a sentence', async () => {
  const together = new Together({ ...setting(1, { epochs: 3000 }), limits: { cache: 0, ahead: 0 }, waitMs: 1000 });
  const [host, guest] = [together.add(), together.add({ isHere: false })];
  await expect.poll(() => guest.hashes.size, { timeout: 60_000 }).toBeGreaterThan(5);
  await host.leave('pause');
  host.lobby.announce({ ...host.lobby.presence, training: false, dataset: null });
  const { status, reason } = await guest.result;
  expect(status).toBe('paused');
  expect(reason).toMatch(/^Nobody who has the data of this run is in the room/);
});
