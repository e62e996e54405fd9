import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { holdingsOf, leastOf } from '../../../helpers/peers/holdings';
import { TestGroup, committedOf } from '../../../helpers/peers/test-group';
import { pass, until, timersWaiting, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

// Thousands of steps on a machine that others use, too.
vi.setConfig({ testTimeout: 120_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

const ITEMS = 2;

/** Whatever the network and the parts of the product hold is not the group's. */
const isForeign = (value: object): boolean => ['MemoryLink', 'MemoryReplica'].includes(value.constructor?.name);

test('a group that lives long holds no more than before, whoever comes and goes', async () => {
  const random = randomStream(1, 'memory');
  const net = new TestGroup({
    worldSize: 2,
    items: ITEMS,
    length: 40,
    ms: 5,
    // With residuals.
    codec: { name: 'int8' },
    network: { latencyMs: 1, jitterMs: 1, reorder: 0.1, loss: 0.01 },
    // Whoever is left of two goes on.
    witness: { claim: () => Promise.resolve(true) },
  });
  const chronicle = new Chronicle(ITEMS);
  const founder = net.add();
  net.add();
  net.add();
  const allThere = (): boolean =>
    net.alive.every(({ group }) => group.status().peers[0].state === 'member' && group.members.length === 3);
  let gone = 0;

  /** Somebody goes, somebody comes, and the group goes on for a while. */
  async function turn(): Promise<void> {
    const [peer] = net.alive.filter((one) => one !== founder).slice(random.integer(2));
    const how = random.integer(4);
    if (how === 0) net.restartTrainer(peer, random.integer(50));
    else {
      if (how === 1) {
        void net.leave(peer);
        await until(() => peer.ended !== undefined, 10_000, 10);
      }
      // The page is closed.
      net.crash(peer);
      void peer.group.leave('Nobody hears this.');
      net.add();
      gone++;
    }
    await pass(60);
    await until(allThere, 60_000, 10);
    const now = committedOf(founder);
    await until(() => committedOf(founder) > now + 5, 60_000, 10);
    for (const one of net.alive) chronicle.check(one);
  }

  /** Samples of so many departures. */
  async function watch(departures: number): Promise<Map<string, number>[]> {
    const samples: Map<string, number>[] = [];
    const last = gone + departures;
    while (gone < last) {
      await turn();
      samples.push(new Map([...holdingsOf(founder.group, isForeign), ['timers', timersWaiting()]]));
    }
    return samples;
  }

  await until(allThere);
  // What is remembered up to a number is full by then: 32 peers that are gone.
  await watch(33);
  const before = await watch(6);
  await watch(Number(process.env.DEPARTURES ?? 10));
  const after = leastOf(await watch(6));
  const most = (path: string): number => Math.max(...before.map((sample) => sample.get(path) ?? 0));
  // One count for every reason that things are dropped for; and of those who are gone, some said goodbye.
  const bounded: [RegExp, number][] = [
    [/\.tally\.dropped$/, 10],
    [/\.departures\.gone$/, 40],
  ];
  const limit = (path: string): number => bounded.find(([place]) => place.test(path))?.[1] ?? most(path);
  const grown = [...after].filter(([path, count]) => count > limit(path));
  for (const [place] of bounded) expect([...after.keys()].filter((path) => place.test(path))).toHaveLength(1);
  expect(Object.fromEntries(grown)).toEqual({});
  // Once each, in order, all of them.
  expect(chronicle.length).toBe(committedOf(founder));
  expect(chronicle.length).toBeGreaterThan(1_000);
});
