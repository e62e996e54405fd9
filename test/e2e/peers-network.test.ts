/** Training together over networks that lose, delay and cut, and with those who have no part in it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { UdpRelay } from '../helpers/udp-relay';
import { PeerPage } from './harness/peer-page';
import { serveSite, type Site } from './harness/site';

const SAMPLE = 'spirals';
const STEPS = 24;

let site: Site;
let relay: UdpRelay;
let peers: PeerPage[];

beforeAll(async () => {
  site = await serveSite();
});
afterAll(() => site.close());
beforeEach(() => {
  relay = new UdpRelay({ seed: 1 });
  peers = [];
});
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await relay.close();
});

const config = (worldSize: number, steps: number): string => `
name: together
model: {architecture: mlp, hidden: [8]}
training:
  epochs: 100000
  max_steps: ${steps}
  batch_size: 32
  early_stopping: null
  checkpoints: {every_minutes: null}
  distributed: {enabled: true, world_size: ${worldSize}, micro_batches: 4, compression: float32, wait_minutes: 2}
`;

/** Browsers `a`, `b` … that the relay lies between. */
async function open(count: number): Promise<PeerPage[]> {
  peers = await Promise.all(Array.from({ length: count }, (_, i) => PeerPage.open(site.url, relay, 'abc'[i])));
  return peers;
}

/** A group of all `peers` that goes on until it is stopped. */
async function trainWithoutEnd(): Promise<void> {
  const [host, ...guests] = peers;
  const link = await host.host(SAMPLE, config(peers.length, 1_000_000));
  await Promise.all(guests.map((guest) => guest.join(SAMPLE, link)));
  await Promise.all(peers.map((peer) => peer.until('the tenth step', ({ committed }) => committed >= 10)));
}

/** Hashes of the parameters after each number of committed transactions that anybody told of. */
function hashes(): Map<number, Set<string | null>> {
  const byCommitted = new Map<number, Set<string | null>>();
  for (const status of peers.flatMap(({ sightings }) => sightings)) {
    if (status.phase !== 'training') continue;
    byCommitted.set(status.committed, (byCommitted.get(status.committed) ?? new Set()).add(status.parameters_hash));
  }
  return byCommitted;
}

/** Ends the training for all, who have to agree on everything. */
async function endAlike(): Promise<void> {
  await peers[0].stopAll();
  const results = await Promise.all(peers.map((peer) => peer.result()));
  const [{ steps, weights_sha256 }] = results;
  expect(weights_sha256).toMatch(/^[0-9a-f]{64}$/);
  for (const result of results) expect(result).toMatchObject({ status: 'stopped', steps, weights_sha256 });
  for (const [committed, known] of hashes()) expect([...known], `after ${committed}`).toHaveLength(1);
}

it('a slow network that loses and reorders changes no bit, and no server helps but the own one', async () => {
  const [host, guest] = await open(2);
  await host.host(SAMPLE, config(1, STEPS));
  const alone = await host.result();
  expect(alone).toMatchObject({ status: 'finished', steps: STEPS });

  Object.assign(relay.conditions, { delayMs: 50, loss: 0.01, reorder: 0.1 });
  const link = await host.host(SAMPLE, config(2, STEPS));
  await guest.join(SAMPLE, link);
  const results = await Promise.all([host.result(), guest.result()]);
  const { status, steps, weights_sha256, metrics } = alone;
  for (const result of results) expect(result).toMatchObject({ status, steps, weights_sha256, metrics });
  expect(relay.counts('a', 'b').dropped + relay.counts('b', 'a').dropped).toBeGreaterThan(0);
  // Both computed, and what they said to each other went the long way.
  const told = guest.sightings.flatMap(({ peers: all }) => all);
  expect(Math.max(...told.map(({ round_trip_ms }) => round_trip_ms ?? 0))).toBeGreaterThan(95);
  expect(guest.sightings.some(({ peers: all }) => all.length === 2 && all.every(({ items }) => items > 0))).toBe(true);

  for (const peer of peers) {
    const made = await peer.configurations();
    expect(made.length).toBeGreaterThan(0);
    for (const { iceServers } of made) expect(iceServers).toEqual([]);
  }
});

it('of two halves one goes on, and the other comes back to it', async () => {
  relay.conditions.delayMs = 5;
  const [a, b] = await open(2);
  await trainWithoutEnd();
  relay.cut(['a'], ['b']);
  await expectOneSide([a], [b]);
  relay.heal();
  await expectAllTogether();
  await endAlike();
});

it('of three, the one that is cut off waits for the two, though it was the first', async () => {
  relay.conditions.delayMs = 5;
  const [a, b, c] = await open(3);
  await trainWithoutEnd();
  relay.cut(['a'], ['b', 'c']);
  const ahead = await expectOneSide([a], [b, c]);
  expect(ahead).toEqual([b, c]);
  relay.heal();
  await expectAllTogether();
  await endAlike();
});

/** While the network is cut: one side goes on, the other commits nothing. Returns the side that goes on. */
async function expectOneSide(...sides: [PeerPage[], PeerPage[]]): Promise<PeerPage[]> {
  const both = sides.flat();
  await Promise.race(
    both.map((peer) => peer.until('a peer that knows it is cut off', ({ phase }) => phase === 'alone')),
  );
  const [ahead, behind] = sides[0][0].group?.phase === 'alone' ? [sides[1], sides[0]] : sides;
  const left = behind.map(({ committed }) => committed);
  const from = ahead[0].committed;
  for (const peer of ahead) await peer.until('twenty steps of the half', ({ committed }) => committed >= from + 20);
  expect(behind.map(({ committed }) => committed)).toEqual(left);
  expect(behind.map(({ group }) => group?.phase)).toEqual(behind.map(() => 'alone'));
  return ahead;
}

/** After the network healed: everybody takes part in what everybody does. */
async function expectAllTogether(): Promise<void> {
  const whole = ({ phase, peers: all }: NonNullable<PeerPage['group']>): boolean =>
    phase === 'training' && all.filter(({ state }) => state === 'member').length === peers.length;
  await Promise.all(peers.map((peer) => peer.until('the whole group', whole)));
  const from = Math.max(...peers.map(({ committed }) => committed));
  await Promise.all(peers.map((peer) => peer.until('steps of all', ({ committed }) => committed >= from + 10)));
}

it('who has another secret is kept out, counted, and told so', async () => {
  const [host, guest] = await open(2);
  const link = await host.host(SAMPLE, config(1, 1_000_000));
  await host.until('a step', ({ committed }) => committed > 0);
  const wrong = link.replace(
    /\.([\w-]{22})/,
    (_, secret: string) => `.${[...secret.slice(0, 21)].reverse().join('')}A`,
  );
  await expect(guest.join(SAMPLE, wrong)).rejects.toThrow('another secret');
  const { dropped, peers: seen } = await host.until(
    'a stranger',
    ({ dropped: counted }) => (counted.stranger ?? 0) > 0,
  );
  expect(dropped.stranger).toBeGreaterThan(0);
  expect(seen).toHaveLength(1);
  await host.stopAll();
  expect(await host.result()).toMatchObject({ status: 'stopped' });
});
