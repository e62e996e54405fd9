import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { randomStream, type RandomStream } from '../../../../src/base/random';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { TestGroup, committedOf, type TestPeer } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

// Virtual hours on a machine that others use, too.
vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

const ITEMS = 8;

/** Something befalls the group. */
function befall(net: TestGroup, random: RandomStream): string {
  const pick = <T>(list: T[]): T => list[random.integer(list.length)];
  const { alive } = net;
  const what = random.integer(8);
  const victim = pick(alive);
  // Of the members of a view, more than half stay; or half, where a witness helps them.
  const { members, others } = membersSeenBy(victim, alive);
  const spare = !net.cutNow && performance.now() - net.lastDeath > 4_000 && members > 0 && 2 * others >= members;
  if (what < 3 && spare) net.lastDeath = performance.now();
  if (what === 0 && spare) {
    net.kill(victim);
    return `kill ${victim.id}`;
  }
  if (what === 1 && spare) {
    net.crash(victim);
    return `crash ${victim.id}`;
  }
  if (what === 2 && spare) {
    void net.leave(victim);
    return `leave ${victim.id}`;
  }
  if ((what === 3 || what === 4) && alive.length < 5) return `add ${net.add().id}`;
  if (what === 5) {
    const left = alive.filter(() => random.uniform() < 0.5);
    const right = alive.filter((peer) => !left.includes(peer));
    net.network.cut(
      left.map(({ id }) => id),
      right.map(({ id }) => id),
    );
    net.cutNow = true;
    setTimeout(
      () => {
        net.network.heal();
        // Until they have found together again, nobody may die.
        setTimeout(() => (net.cutNow = false), 4_000);
      },
      200 + random.integer(6_000),
    );
    return `cut ${left.map(({ id }) => id).join()} from ${right.map(({ id }) => id).join()}`;
  }
  if (what === 6) {
    net.restartTrainer(victim, random.integer(3_000));
    return `restart ${victim.id}`;
  }
  victim.trainer.ms = pick([5, 10, 50, 4_000]);
  return `speed ${victim.id} ${victim.trainer.ms}`;
}

/** Members in the view of a peer, and how many others of them are alive and in that view, too. */
function membersSeenBy(peer: TestPeer, alive: TestPeer[]): { members: number; others: number } {
  const { epoch, peers } = peer.group.status();
  const members = peers.filter(({ member, state }) => member !== null && state !== 'joining');
  const others = alive.filter((other) => {
    const status = other.group.status();
    return (
      other !== peer &&
      status.epoch === epoch &&
      status.phase === 'training' &&
      members.some(({ id }) => id === other.id)
    );
  });
  return { members: members.length, others: others.length };
}

async function churn(seed: number, events: number): Promise<void> {
  const random = randomStream(seed, 'churn');
  const story: string[] = [];
  const granted = new Map<string, string>();
  const net = new TestGroup({
    worldSize: 2,
    network: { latencyMs: random.integer(30), jitterMs: random.integer(20), loss: 0.01, reorder: 0.1, seed },
    witness: {
      claim: (group, base, members) => {
        const key = `${group} ${base}`;
        const set = members.join();
        if (!granted.has(key)) granted.set(key, set);
        return Promise.resolve(granted.get(key) === set);
      },
    },
  });
  net.add();
  net.add();
  net.add();
  const chronicle = new Chronicle(ITEMS);
  try {
    for (let event = 0; event < events; event++) {
      await pass(random.integer(2_500));
      story.push(`${performance.now().toFixed(0)} ${befall(net, random)}`);
      for (const peer of net.peers) chronicle.check(peer);
    }
    net.network.heal();
    for (const peer of net.alive) peer.trainer.ms = 10;
    await until(() => net.alive.every((peer) => peer.group.status().peers[0].state === 'member'), 60_000, 20);
    const now = Math.max(...net.alive.map(committedOf));
    await until(() => net.alive.every((peer) => committedOf(peer) > now + 5), 60_000, 20);
    for (const peer of net.peers) chronicle.check(peer);
    expect(new Set(net.alive.map((peer) => peer.group.members.join())).size).toBe(1);
  } catch (thrown) {
    story.push(...net.alive.map((peer) => JSON.stringify(peer.group.status())));
    throw new Error(`Seed ${seed}: ${(thrown as Error).message}\n${story.join('\n')}`, { cause: thrown });
  }
}

/** More of them by hand: `CHURN_SEEDS=500`, from `CHURN_FROM=1` on. */
const SEEDS = Number(process.env.CHURN_SEEDS ?? 2);
const FROM = Number(process.env.CHURN_FROM ?? 1);

test.each(Array.from({ length: SEEDS }, (_, index) => index + FROM))(
  'one history, whatever befalls the group (seed %d)',
  async (seed) => {
    await churn(seed, 25);
  },
);
