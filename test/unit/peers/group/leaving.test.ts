import { afterEach, beforeEach, test, vi } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { TestGroup, committedOf, type TestPeer } from '../../../helpers/peers/test-group';
import { freeze, pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

// Virtual hours on a machine that others use, too.
vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

const ITEMS = 8;

/** What is told of a peer where a test fails. */
function told({ id, ended, group }: TestPeer): string {
  const { phase, epoch, committed, peers } = group.status();
  return JSON.stringify({ id, ended: ended?.message, phase, epoch, committed, peers: peers.map(({ state }) => state) });
}

/**
 * A third peer joins two; at some moment of that one of the two goes: says goodbye, does so because its trainer has come to
 * its end, dies, or says goodbye after all have slept. The others go on, and soon.
 */
async function goes(seed: number, how: 'leave' | 'pause' | 'kill' | 'crash' | 'freeze'): Promise<void> {
  const random = randomStream(seed, 'leaving', how);
  const pick = <T>(list: T[]): T => list[random.integer(list.length)];
  const slow = random.integer(4) === 0;
  const latencyMs = pick([0, 1, 5, 20, 60]);
  const granted = new Map<string, string>();
  // Where one is lost without a word, only a witness can tell that the other may go on.
  const witnessed = how === 'kill' || how === 'crash' || random.integer(2) === 0;
  const net = new TestGroup({
    worldSize: 2,
    items: ITEMS,
    length: slow ? 6_000 : 60,
    ms: slow ? 40 : pick([1, 5, 20]),
    network: {
      latencyMs,
      jitterMs: latencyMs,
      loss: pick([0, 0.02]),
      reorder: pick([0, 0.2]),
      seed,
      ...(slow && { bandwidth: 200_000 }),
    },
    witness: witnessed
      ? {
          claim: (group, base, members) => {
            const key = `${group} ${base}`;
            if (!granted.has(key)) granted.set(key, members.join());
            return Promise.resolve(granted.get(key) === members.join());
          },
        }
      : null,
  });
  const peers = [net.add(), net.add()];
  // Sometimes the third one is there from the beginning.
  const together = random.integer(3) === 0;
  const trained = (peer: TestPeer): boolean => peer.group.member !== null && committedOf(peer) > 3;
  if (!together) await until(() => peers.every(trained), 200_000, 10);
  const third = net.add();
  if (together) await until(() => peers.every(({ group }) => group.member !== null), 200_000, 10);
  await pass(random.integer(slow ? 4_000 : 2_000));
  const goer = peers[random.integer(2)];
  const before = [...peers, third].map(told);
  if (how === 'pause') {
    goer.trainer.pauses();
    await pass(random.integer(400));
    net.leaveByTrainer(goer);
  } else if (how === 'freeze') {
    freeze(1_000 + random.integer(6_000));
    await pass(random.integer(300));
    void net.leave(goer);
  } else void net[how](goer);
  const moved = (): boolean => net.alive.every(({ group }) => group.member !== null);
  try {
    await until(moved, 12_000, 10);
    const now = Math.max(...net.alive.map(committedOf));
    await until(() => net.alive.every((peer) => committedOf(peer) > now + 5), 8_000, 10);
  } catch (thrown) {
    const after = [...peers, third].map(told);
    throw new Error(`Seed ${seed}: ${(thrown as Error).message}\n${[...before, ...after].join('\n')}`, {
      cause: thrown,
    });
  }
  const chronicle = new Chronicle(ITEMS);
  for (const peer of net.peers) chronicle.check(peer);
}

/** More of them by hand: `LEAVING_SEEDS=200`, from `LEAVING_FROM=1` on. */
const SEEDS = Number(process.env.LEAVING_SEEDS ?? 2);
const FROM = Number(process.env.LEAVING_FROM ?? 1);

test.each(
  (['leave', 'pause', 'kill', 'crash', 'freeze'] as const).flatMap((how) =>
    Array.from({ length: SEEDS }, (_, index) => [how, index + FROM] as const),
  ),
)('whoever goes while a third joins (%s, seed %d), the others go on', async (how, seed) => {
  await goes(seed, how);
});
